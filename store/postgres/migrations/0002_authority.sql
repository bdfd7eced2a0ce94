-- What holds for all of a workspace: its policies, grants, pauses and escalated tasks, as documents.

create table pumpup.authority (
    ws int not null,
    id text collate "C" not null,
    seq bigint not null,
    doc bytea not null,
    primary key (ws, id)
) with (fillfactor = 70);
comment on column pumpup.authority.seq is 'What pumpup.workspace.authority was set to with it: who knows the rest reads what came behind.';
create index authority_since on pumpup.authority (ws, seq);

alter table pumpup.workspace
    add column authority bigint not null default 0,
    add column ruled_to bigint not null default 0,
    add constraint ruled_by_all_rules check (authority = 0 or ruled_to = seq);
comment on column pumpup.workspace.authority is 'The seq of the last change of any of its documents in pumpup.authority; 0 where it has none.';
comment on column pumpup.workspace.ruled_to is
    'The last event that was ruled with authority in mind. A server of an earlier version does not set it, so none appends where there is a policy, a grant or a pause that it does not know.';

-- Who could write open requests can write all of this from now on, as roles.sql has it.
do $$
declare
    server text;
begin
    for server in
        select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
        from pg_class c cross join lateral aclexplode(c.relacl) a
        where c.oid = 'pumpup.request'::regclass and a.privilege_type = 'INSERT' and a.grantee <> c.relowner
    loop
        execute format('grant select, insert, update on pumpup.authority to %s', server);
        execute format('grant update (doc) on pumpup.request to %s', server);
        execute format('grant update (authority, ruled_to) on pumpup.workspace to %s', server);
    end loop;
end
$$;
