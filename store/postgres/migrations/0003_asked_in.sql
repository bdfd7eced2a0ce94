-- The step in which each open request was asked, which the rules of policies look at: the first version did not keep it.

do $$
declare
    asked record;
    asked_in text;
begin
    for asked in select ws, seq, task, doc from pumpup.request loop
        begin
            -- `->>` reads the whole text, and knows no character 0: it becomes another, which nothing here looks at.
            if replace(convert_from(asked.doc, 'UTF8'), '\u0000', '\u0001')::json ->> 'askedIn' is null then
                select coalesce(e.body ->> 'transitionTo', e.body -> 'payload' ->> 'initialState') into asked_in
                from (
                    select seq, replace(convert_from(body, 'UTF8'), '\u0000', '\u0001')::json as body
                    from pumpup.event where ws = asked.ws and task = asked.task and seq < asked.seq
                    order by seq desc
                ) e
                where e.body ->> 'transitionTo' is not null or e.body ->> 'eventType' = 'TASK_CREATED'
                order by e.seq desc limit 1;
                if asked_in is not null then
                    update pumpup.request
                    set doc = substring(doc for length(doc) - 1)
                        || convert_to(',"askedIn":' || to_json(asked_in)::text || '}', 'UTF8')
                    where ws = asked.ws and seq = asked.seq;
                end if;
            end if;
        exception when data_exception or invalid_text_representation or untranslatable_character then
            null; -- an event that is none: a request without the key is under all steps' rules
        end;
    end loop;
end
$$;
