"""The statements of the reads. Each page is bounded in rows and in bytes by the database, before anything is sent."""

from __future__ import annotations

from api_client.models import Order
from store.core.event_heads import HEAD_BYTES

_BOUNDED = """
    select {columns} from (
        select *, sum({size}) over (order by seq {order}) - {size} as before from ({rows}) page
    ) bounded where before <= %(bytes)s order by seq {order}
"""

HASH_AT = b"""
    select hash, (select seq from pumpup.workspace where id = %(ws)s) from pumpup.event
    where ws = %(ws)s and seq = %(place)s
"""
"""Returns the hash of the event at a cursor's place."""
BODIES_AT = b"select seq, body from pumpup.event where ws = %(ws)s and seq = any(%(places)s::bigint[])"
EVENTS_AT = _BOUNDED.format(
    columns="seq, body, hash",
    size="octet_length(body)",
    order="asc",
    rows="""
        select e.* from unnest(%(places)s::bigint[]) k cross join lateral (
            select seq, body, hash from pumpup.event where ws = %(ws)s and seq = k offset 0
        ) e
    """,
).encode()
PROVED = _BOUNDED.format(
    columns="seq, body, hash, previous",
    size="octet_length(body)",
    order="asc",
    rows="""
        select e.*, p.hash as previous from unnest(%(places)s::bigint[]) k
        cross join lateral (select seq, body, hash from pumpup.event where ws = %(ws)s and seq = k offset 0) e
        left join lateral (select hash from pumpup.event where ws = %(ws)s and seq = k - 1 offset 0) p on true
    """,
).encode()
"""Returns events by their places, each with the hash of the one before it."""
EVENT_AT = b"select body, hash from pumpup.event where ws = %(ws)s and seq = %(seq)s"
HEAD = b"select seq, commits, hash from pumpup.workspace where id = %(ws)s"

PROJECTS = b"select doc from pumpup.project where ws = %(ws)s order by no"
PROJECT = b"select doc from pumpup.project where ws = %(ws)s and id = %(id)s"
COUNTS = b"""
    select c.step, c.tasks, c.waiting, case when c.step = any(%(timed)s::text[]) then (
        select count(*) from (
            select due from pumpup.task where ws = %(ws)s and project = p.no and step = c.step
            order by step_seq limit %(most)s
        ) oldest where due is null or due <= %(now)s
    ) else 0 end, (
        select doc from pumpup.task where ws = %(ws)s and project = p.no and step = c.step order by step_seq limit 1
    ) from pumpup.project p
        cross join lateral (select * from pumpup.step_count where ws = %(ws)s and project = p.no) c
    where p.ws = %(ws)s and p.id = %(id)s
"""
"""Returns the load of each step: its tasks, those that wait, those that are overdue, and the oldest of all.

They are in the order in which they entered the step, so the overdue ones come first; one whose timeout was fired has no
moment left at which it is due.
"""
TASK = b"select no, doc from pumpup.task where ws = %(ws)s and id = %(id)s"
OPEN_ON = b"""
    select r.doc from pumpup.task t
        cross join lateral (select seq, doc from pumpup.request where ws = %(ws)s and task = t.no) r
    where t.ws = %(ws)s and t.id = %(id)s order by r.seq
"""
UPLOAD = b"select doc from pumpup.upload where ws = %(ws)s and id = %(id)s"
SETTLED_SINCE = b"""
    select w.seq, e.reply_to from pumpup.workspace w left join lateral (
        select reply_to from pumpup.event
        where ws = w.id and seq > %(seq)s and seq <= w.seq and reply_to is not null
    ) e on true where w.id = %(ws)s
"""
"""Returns the head's seq with each request that was settled since, and alone where none was."""

_HEAD_OF_EVENT = f"substring(body for {HEAD_BYTES})"
_NO_AGENTS = """position('"source":"AGENT"' in {}) = 0"""

CARDS = _BOUNDED.format(
    columns="seq, doc, hash, request, entered, made, turn",
    size="(octet_length(doc) + coalesce(octet_length(request), 0))",
    order="asc",
    rows=f"""
        select t.step_seq as seq, t.doc, e.hash, r.doc as request, e.entered, c.made, s.turn from (
            select ws, no, step_seq, doc from pumpup.task
            where ws = %(ws)s and project = (select no from pumpup.project where ws = %(ws)s and id = %(id)s)
                and step = %(step)s and step_seq > %(start)s
            order by step_seq limit %(limit)s
        ) t
        left join lateral (
            select hash, {_HEAD_OF_EVENT} as entered from pumpup.event where ws = t.ws and seq = t.step_seq
        ) e on true
        left join lateral (
            select doc from pumpup.request where ws = t.ws and task = t.no order by seq limit 1
        ) r on true
        left join lateral (
            select {_HEAD_OF_EVENT} as made from pumpup.event
            where ws = t.ws and task = t.no and {_NO_AGENTS.format("e.entered")} order by seq limit 1
        ) c on true
        left join lateral (
            select {_HEAD_OF_EVENT} as turn from pumpup.event
            where ws = t.ws and task = t.no and r.doc is null
                and (type = any(%(turns)s::smallint[]) or not {_NO_AGENTS.format(_HEAD_OF_EVENT)})
            order by seq desc limit 1
        ) s on true
    """,
).encode()
"""Returns the place in the step's queue, the task, the hash of the event there, and the task's oldest open request.

Behind these come the heads of some of its events: the one with which it entered the step; where no agent sent that,
the first; and where no request is open, the last one that an agent sent, that settled a request or that closed it.
"""


def inbox(*, of_project: bool) -> bytes:
    """Return the statement of a page of open requests: place, request and task of each."""
    project = "and project = (select no from pumpup.project where ws = %(ws)s and id = %(id)s)" if of_project else ""
    rows = f"""
        select r.seq, r.doc, t.doc as task from (
            select ws, seq, task, doc from pumpup.request where ws = %(ws)s {project} and seq > %(start)s
            order by seq limit %(limit)s
        ) r join lateral (select doc from pumpup.task where ws = r.ws and no = r.task) t on true
    """
    size = "(octet_length(doc) + octet_length(task))"
    return _BOUNDED.format(columns="seq, doc, task", size=size, order="asc", rows=rows).encode()


REQUEST = b"""
    select e.body, e.hash, s.body, s.hash, t.doc, p.doc, r.doc from pumpup.event e
        left join lateral (select body, hash from pumpup.event where ws = e.ws and reply_to = e.seq) s on true
        left join lateral (select doc from pumpup.task where ws = e.ws and no = e.task) t on true
        left join lateral (select doc from pumpup.project where ws = e.ws and no = e.project) p on true
        left join lateral (select doc from pumpup.request where ws = e.ws and seq = e.seq) r on true
    where e.ws = %(ws)s and e.seq = %(seq)s
"""
RESULT = b"""
    select e.body, e.hash, s.body, s.hash from pumpup.event e
        left join lateral (select body, hash from pumpup.event where ws = e.ws and reply_to = e.seq) s on true
    where e.ws = %(ws)s and e.seq = %(seq)s
"""
NEWS = _BOUNDED.format(
    columns="seq, type, body, hash",
    size="octet_length(body)",
    order="asc",
    rows="""
        select seq, type, body, hash from pumpup.event where ws = %(ws)s and seq > %(start)s
        order by seq limit %(limit)s
    """,
).encode()


def tasks(*, of_project: bool) -> bytes:
    """Return the statement of a piece of the list of tasks: number and task of each."""
    project = "and project = (select no from pumpup.project where ws = %(ws)s and id = %(id)s)" if of_project else ""
    rows = f"""
        select no as seq, doc from pumpup.task where ws = %(ws)s {project} and no > %(no)s order by no limit %(limit)s
    """
    return _BOUNDED.format(columns="seq, doc", size="octet_length(doc)", order="asc", rows=rows).encode()


WAITING_SINCE = b"""
    select p.slug, (select count(*) from pumpup.request
        where ws = p.ws and project = p.no and requested_at >= %(since)s)
    from pumpup.project p where p.ws = %(ws)s
"""
"""Returns each project, and how many of its requests were asked since a moment."""
OF_TYPE_SINCE = _BOUNDED.format(
    columns="seq, body, hash",
    size="octet_length(body)",
    order="asc",
    rows="""
        select seq, body, hash from pumpup.event where ws = %(ws)s and type = %(type)s and seq > %(seq)s
        order by seq limit %(limit)s
    """,
).encode()
DUE = b"select id from pumpup.task where ws = %(ws)s and due < %(now)s order by due limit %(limit)s"


def events(order: Order, *, of_task: bool, of_project: bool, of_types: bool, of_span: bool) -> bytes:
    """Return the statement of a page of a timeline: place, JSON and hash of each event.

    Of several types each is looked up by itself, in the index that has them in order, and the results are merged: so
    that a rare one costs no scan.
    """
    task = "and task = (select no from pumpup.task where ws = %(ws)s and id = %(task)s)" if of_task else ""
    project = "and project = (select no from pumpup.project where ws = %(ws)s and id = %(project)s)"
    project = project if of_project and not of_task else ""
    behind = "seq > %(start)s" if order == "asc" else "seq < %(start)s"
    if of_span:
        behind += " and seq > %(after)s and seq <= %(until)s"
    rest = f"order by seq {order} limit %(limit)s"
    of_chain = f"select seq, body, hash from pumpup.event where ws = %(ws)s {task} {project} and {behind}"
    if of_types and not of_task:
        rows = f"""
            select seq, body, hash from unnest(%(types)s::smallint[]) wanted
            cross join lateral ({of_chain} and type = wanted {rest}) typed {rest}
        """
    elif of_types:
        rows = f"{of_chain} and type = any(%(types)s::smallint[]) {rest}"
    elif of_task or of_project:
        rows = f"{of_chain} {rest}"
    else:
        rows = f"{of_chain} and type <> all(%(off)s::smallint[]) {rest}"
    return _BOUNDED.format(columns="seq, body, hash", size="octet_length(body)", order=order, rows=rows).encode()


ENTERED = _BOUNDED.format(
    columns="seq, step, step_seq, at, body, hash",
    size="coalesce(octet_length(body), 0)",
    order="asc",
    rows="""
        select t.no as seq, t.step, t.step_seq, e.seq as at, e.body, e.hash from (
            select no, step, step_seq from pumpup.task
            where ws = %(ws)s and project = %(project)s and no > %(no)s order by no limit %(limit)s
        ) t left join lateral (
            select seq, body, hash from pumpup.event
            where ws = %(ws)s and task = t.no and seq <= %(until)s and t.step_seq > %(until)s
                and (type = %(created)s or position('"transitionTo":"'::bytea in body) > 0)
            order by seq desc limit 1
        ) e on true
    """,
).encode()
"""Returns each task's number with its step and its entry there, and if that came after a moment, the last event before
the moment that may have entered one: its text has the words for that, somewhere."""
OPEN_THEN = b"""
    select distinct e.task from pumpup.event e
    where e.ws = %(ws)s and e.project = %(project)s and e.type = any(%(types)s::smallint[]) and e.seq <= %(until)s
        and not exists (select from pumpup.event s where s.ws = e.ws and s.reply_to = e.seq and s.seq <= %(until)s)
"""
"""Returns the numbers of a project's tasks with a request that was open."""
EVENTS_BEFORE = b"""
    select seq, body, hash from pumpup.event
    where ws = %(ws)s and task = %(task)s and seq < %(start)s order by seq desc limit %(limit)s
"""
TASK_OF = b"""
    select t.doc from (select task from pumpup.event where ws = %(ws)s and seq = %(seq)s) e
    cross join lateral (select doc from pumpup.task where ws = %(ws)s and no = e.task offset 0) t
"""
BODY_AT = b"select body from pumpup.event where ws = %(ws)s and seq = %(place)s"

TRAILS = b"""
    select no, seq, body, request from (
        select *, sum(size) over (order by no, seq) - size as before from (
            select k.no, e.seq, e.body, r.body as request,
                octet_length(e.body) + coalesce(octet_length(r.body), 0) as size
            from unnest(%(places)s::bigint[]) with ordinality k(place, no)
            cross join lateral (select task from pumpup.event where ws = %(ws)s and seq = k.place offset 0) d
            cross join lateral (
                select seq, body, reply_to from pumpup.event
                where ws = %(ws)s and task = d.task and seq >= k.place and type = any(%(types)s::smallint[])
                order by seq limit %(limit)s
            ) e
            left join lateral (select body from pumpup.event where ws = %(ws)s and seq = e.reply_to) r on true
        ) trail
    ) bounded where before <= %(bytes)s order by no, seq
"""
"""Returns decisions by their places, numbered, each with what came after it on its task."""


def settled(order: Order, *, of_project: bool) -> bytes:
    """Return the statement of a page of settlements: place, JSON and hash of each, and the JSON of its request."""
    project = "and project = (select no from pumpup.project where ws = %(ws)s and id = %(project)s)"
    behind = "seq > %(start)s" if order == "asc" else "seq < %(start)s"
    rest = f"order by seq {order} limit %(limit)s"
    rows = f"""
        select d.seq, d.body, d.hash, r.body as request from (
            select typed.* from unnest(%(types)s::smallint[]) wanted cross join lateral (
                select seq, body, hash, reply_to from pumpup.event
                where ws = %(ws)s {project if of_project else ""} and {behind} and type = wanted {rest}
            ) typed {rest}
        ) d left join lateral (select body from pumpup.event where ws = %(ws)s and seq = d.reply_to) r on true
    """
    size = "(octet_length(body) + coalesce(octet_length(request), 0))"
    return _BOUNDED.format(columns="seq, body, hash, request", size=size, order=order, rows=rows).encode()


TRIAL = _BOUNDED.format(
    columns="seq, body, asked, request, hash, task",
    size="(octet_length(body) + coalesce(octet_length(request), 0))",
    order="asc",
    rows="""
        select d.seq, d.body, r.seq as asked, r.body as request, r.hash, r.task from (
            select seq, body, reply_to from pumpup.event
            where ws = %(ws)s and project = %(project)s and type = %(type)s and seq > %(start)s
            order by seq limit %(limit)s
        ) d left join lateral (
            select seq, body, hash, task from pumpup.event where ws = %(ws)s and seq = d.reply_to
        ) r on true
    """,
).encode()
"""Returns past decisions of a project, each with its request and the number of the request's task."""
ENTRIES = _BOUNDED.format(
    columns="seq, task, body, hash",
    size="octet_length(body)",
    order="asc",
    rows="""
        select e.* from unnest(%(tasks)s::int[]) k cross join lateral (
            select seq, task, body, hash from pumpup.event
            where ws = %(ws)s and task = k and seq > %(start)s and seq <= %(until)s
                and (type = %(created)s or position('"transitionTo":"'::bytea in body) > 0)
            offset 0
        ) e
    """,
).encode()
"""Returns the events of some tasks that may have entered a step."""


ASKED_AFTER = b"""
    select seq, requested_at from pumpup.request
    where ws = %(ws)s and project = %(project)s and seq > %(start)s order by seq limit %(limit)s
"""
"""Returns the open requests of a project behind a place."""
MOVED_SINCE = b"""
    select distinct r.seq from (
        select task from pumpup.event where ws = %(ws)s and project = %(project)s and seq > %(start)s
            and position('"transitionTo":"'::bytea in body) > 0
    ) e cross join lateral (select seq from pumpup.request where ws = %(ws)s and task = e.task offset 0) r
"""
"""Returns the open requests of a project's tasks that may have moved since an event."""
REQUESTS_AT = _BOUNDED.format(
    columns="seq, doc, task, body, hash",
    size="(octet_length(doc) + octet_length(task) + octet_length(body))",
    order="asc",
    rows="""
        select r.seq, r.doc, t.doc as task, e.body, e.hash from unnest(%(places)s::bigint[]) k
        cross join lateral (select seq, task, doc from pumpup.request where ws = %(ws)s and seq = k offset 0) r
        cross join lateral (select doc from pumpup.task where ws = %(ws)s and no = r.task offset 0) t
        cross join lateral (select body, hash from pumpup.event where ws = %(ws)s and seq = k offset 0) e
    """,
).encode()
"""Returns open requests by their places, each with its task and its event."""
OPEN_AMONG = b"""
    select r.seq from unnest(%(places)s::bigint[]) k
    cross join lateral (select seq from pumpup.request where ws = %(ws)s and seq = k offset 0) r
"""
