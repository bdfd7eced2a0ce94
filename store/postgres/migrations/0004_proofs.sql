-- What proves a record to others: the Merkle tree over the hashes of its events (RFC 6962), and its signed checkpoint.

create table pumpup.subtree (
    ws int not null,
    level smallint not null,
    place bigint not null,
    hash bytea not null,
    primary key (ws, level, place),
    check (level in (8, 16) and place >= 0 and length(hash) = 32)
);
comment on table pumpup.subtree is
    'The roots over 256 and over 65,536 events that follow each other. They can be made again: one that is missing is no fault.';

create table pumpup.signing_key (
    ws int primary key,
    public_key text collate "C" not null,
    private_key text collate "C" not null,
    checkpoint text collate "C"
) with (fillfactor = 50);
comment on column pumpup.signing_key.private_key is 'Whoever reads it can sign as the record.';
comment on column pumpup.signing_key.checkpoint is 'The last one that was signed: no record is signed that does not begin with it.';

-- Who could write open requests can write this from now on, as roles.sql has it; who could read events, read it, but for
-- the private key.
do $$
declare
    who record;
begin
    for who in
        select distinct a.privilege_type as may,
            case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as role
        from pg_class c cross join lateral aclexplode(c.relacl) a
        where a.grantee <> c.relowner and (
            (c.oid = 'pumpup.request'::regclass and a.privilege_type = 'INSERT')
            or (c.oid = 'pumpup.event'::regclass and a.privilege_type = 'SELECT')
        )
    loop
        if who.may = 'INSERT' then
            execute format('grant select, insert on pumpup.subtree to %s', who.role);
            execute format('grant select, insert, update (checkpoint) on pumpup.signing_key to %s', who.role);
        else
            execute format('grant select on pumpup.subtree to %s', who.role);
            execute format('grant select (ws, public_key, checkpoint) on pumpup.signing_key to %s', who.role);
        end if;
    end loop;
end
$$;
