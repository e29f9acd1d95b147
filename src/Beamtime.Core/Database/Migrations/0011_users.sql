-- Who may sign in. The name lies in people, where a person can be erased; whoever is erased cannot sign in any more.
create table users (
    id uuid primary key references people (id) on delete cascade,
    username text not null unique check (username = lower(username)),
    email text,
    password text,
    roles text[] not null,
    is_disabled boolean not null default false,
    created_at timestamptz not null,
    password_at timestamptz
);
insert into users (id, username, roles, created_at)
select id, 'operator', '{administrator}', clock_timestamp() from people where id = '00000000-0000-7000-8000-000000000002';

-- A sign-in: the family of one access to the program, from the password to the sign-out, over all its refresh tokens.
create table sign_ins (
    id uuid primary key,
    person uuid not null references users (id) on delete cascade,
    scopes text[],
    client text not null,
    address text not null,
    created_at timestamptz not null,
    used_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    ended_by text
);
create index sign_ins_person on sign_ins (person, created_at desc);
create index sign_ins_expired on sign_ins (expires_at);

-- Only hashes. A used one stays, so that its second use is known for what it is.
create table refresh_tokens (
    hash bytea primary key,
    sign_in uuid not null references sign_ins (id) on delete cascade,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index refresh_tokens_sign_in on refresh_tokens (sign_in);

create table api_keys (
    id text primary key,
    person uuid not null references users (id) on delete cascade,
    name text not null,
    hash bytea not null,
    scopes text[],
    created_at timestamptz not null,
    expires_at timestamptz,
    used_at timestamptz,
    revoked_at timestamptz
);
create index api_keys_person on api_keys (person, created_at desc);

-- Passwords that did not fit, by hash of the name and of the address, either of which may be empty: guessing becomes slow.
create table sign_in_tries (
    who bytea not null,
    whence bytea not null,
    failures integer not null,
    last_at timestamptz not null,
    primary key (who, whence)
);
create index sign_in_tries_last on sign_in_tries (last_at);
