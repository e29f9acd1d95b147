-- Every process that publishes over Redis takes a number higher than all before it, also after a restore, which turns
-- the sequence back but raises the ledger's epoch.
create sequence topic_epochs maxvalue 999999999;

create function next_topic_epoch() returns bigint
language sql as $$
    select (select epoch from ledger_epoch)::bigint * 1000000000 + nextval('topic_epochs')
$$;
