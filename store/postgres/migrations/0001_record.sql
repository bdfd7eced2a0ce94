-- The record of each workspace: its head, its events, what they add up to, and the keys of its callers.
-- Every row is keyed by the workspace's number. Documents are bytea, byte for byte as they are hashed or stored:
-- jsonb would put their keys in another order, and refuses \u0000.
-- What is looked up is ordered by its bytes: an index in a language's order is wrong where a standby, or the system
-- after an update, has another version of that order.

create table pumpup.workspace (
    id int generated always as identity primary key,
    name text collate "C" not null unique,
    seq bigint not null default 0,
    hash bytea not null default decode(repeat('00', 32), 'hex'),
    commits bigint not null default 0,
    projects int not null default 0,
    tasks int not null default 0,
    importing boolean not null default false,
    created_at timestamptz not null,
    check (length(hash) = 32)
) with (fillfactor = 10);
comment on column pumpup.workspace.seq is 'The head: its row is locked by whoever appends.';

create table pumpup.event (
    ws int not null,
    seq bigint not null,
    type smallint not null,
    task int,
    project int,
    reply_to bigint,
    hash bytea not null,
    body bytea not null,
    primary key (ws, seq),
    check (seq > 0 and length(hash) = 32)
);
comment on column pumpup.event.reply_to is 'The seq of the request that this event settled.';
create unique index event_settles_once on pumpup.event (ws, reply_to) where reply_to is not null;
create index event_of_task on pumpup.event (ws, task, seq) include (type) where task is not null;
create index event_of_project on pumpup.event (ws, project, seq) where project is not null;
create index event_of_type on pumpup.event (ws, type, seq);
create index event_of_project_and_type on pumpup.event (ws, project, type, seq) where project is not null;

create function pumpup.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'events are appended, and never changed or removed';
end
$$;
create trigger event_is_append_only before update or delete or truncate on pumpup.event
    for each statement execute function pumpup.refuse_change();

create table pumpup.project (
    ws int not null,
    no int not null,
    id text collate "C" not null,
    slug text collate "C" not null,
    doc bytea not null,
    primary key (ws, id),
    unique (ws, no),
    unique (ws, slug)
);

create table pumpup.task (
    ws int not null,
    no int not null,
    id text collate "C" not null,
    project int not null,
    step text collate "C" not null,
    step_seq bigint not null,
    due timestamptz,
    doc bytea not null,
    primary key (ws, id),
    unique (ws, no)
) with (fillfactor = 70);
comment on column pumpup.task.due is 'The moment at which its step''s timeout is to be fired; null where it has none left to fire.';
create index task_in_step on pumpup.task (ws, project, step, step_seq);
create index task_due on pumpup.task (ws, due) where due is not null;

create table pumpup.request (
    ws int not null,
    seq bigint not null,
    task int not null,
    project int not null,
    requested_at timestamptz not null,
    doc bytea not null,
    primary key (ws, seq)
);
comment on table pumpup.request is 'The open requests.';
create index request_of_project on pumpup.request (ws, project, seq);
create index request_of_task on pumpup.request (ws, task, seq);

create table pumpup.step_count (
    ws int not null,
    project int not null,
    step text collate "C" not null,
    tasks int not null,
    waiting int not null,
    primary key (ws, project, step)
) with (fillfactor = 50);

create table pumpup.upload (
    ws int not null,
    id text collate "C" not null,
    subject text collate "C" not null,
    size bigint not null,
    attached boolean not null,
    received_at timestamptz not null,
    sha256 text collate "C" not null,
    doc bytea not null,
    primary key (ws, id)
);
create index upload_of_content on pumpup.upload (ws, sha256);
create index upload_loose on pumpup.upload (ws, subject) include (size) where not attached;

create table pumpup.blob (
    ws int not null,
    id bigint generated always as identity,
    sha256 text collate "C",
    size bigint not null default 0,
    touched_at timestamptz not null,
    primary key (ws, id)
);
comment on column pumpup.blob.sha256 is 'Null until all of it has come.';
create index blob_content on pumpup.blob (ws, sha256) where sha256 is not null;

create table pumpup.blob_piece (
    ws int not null,
    blob bigint not null,
    no int not null,
    bytes bytea not null,
    primary key (ws, blob, no)
);
alter table pumpup.blob_piece alter column bytes set storage external;

create table pumpup.idempotency (
    ws int not null,
    digest bytea not null,
    seq bigint not null,
    record bytea not null,
    primary key (ws, digest)
);
comment on column pumpup.idempotency.seq is 'The last event of the commit that was answered.';

create table pumpup.api_key (
    ws int not null,
    no bigint generated always as identity,
    sha256 bytea not null,
    name text collate "C" not null,
    role text not null check (role in ('agent', 'reviewer')),
    tags text[] not null,
    added_at text not null,
    used_at text,
    primary key (ws, sha256)
);
