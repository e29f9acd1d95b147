-- What belongs to one story, in the order in which it happened. Ids of stories begin with their time, so the index grows
-- at its end.
create index entries_correlation on entries (correlation, at);

-- A story that another one set off: the cause of its first entry names the other's stream, 'procedure <id> version 3'.
create index entries_cause on entries (split_part(cause, ' ', 2)) where version = 1 and cause is not null;

-- Entries come nearly in the order of time: a summary of every range of pages is enough to find a day.
create index entries_at on entries using brin (at) with (pages_per_range = 32);
