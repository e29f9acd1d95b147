-- What the user adds to the names of a scan's folder and files.
alter table open_recordings add column suffix text;
