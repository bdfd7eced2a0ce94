-- The role of a server: it can append events, and never change or remove one. Run this as the schema's owner, with
-- a name and a password of your own; the servers' URL then names this role, and the owner's is for migrations only.
--
--   create role pumpup_server login password '…';

grant usage on schema pumpup to pumpup_server;
grant select on all tables in schema pumpup to pumpup_server;
grant insert on pumpup.event, pumpup.idempotency, pumpup.subtree, pumpup.signing_key to pumpup_server;
grant insert, update on pumpup.project, pumpup.task, pumpup.step_count, pumpup.upload, pumpup.authority to pumpup_server;
grant insert, delete on pumpup.request, pumpup.blob_piece to pumpup_server;
grant update (doc) on pumpup.request to pumpup_server;
grant insert, update, delete on pumpup.blob, pumpup.api_key to pumpup_server;
grant update (seq, hash, commits, projects, tasks, authority, ruled_to) on pumpup.workspace to pumpup_server;
grant update (checkpoint) on pumpup.signing_key to pumpup_server;
