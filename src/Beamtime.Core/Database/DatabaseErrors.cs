using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Database;

/// <summary>What can be wrong with the database, its folder and its migrations.</summary>
internal static class DatabaseErrors
{
    public static readonly ErrorCode FolderLocked = new(
        "database.folder.locked",
        "Another program holds the data folder.",
        "Stop the program that holds it, or choose another data folder.");

    public static readonly ErrorCode FolderRights = new(
        "database.folder.rights",
        "The data folder, or a folder above it, cannot be used by the account that needs it.",
        "Give the account the right to write the data folder and to pass through the folders above it.");

    public static readonly ErrorCode FolderFull = new(
        "database.folder.full",
        "The disk of the data folder has too little free space.",
        "Free space on the disk, or choose a data folder on another one.",
        RetryClass.Later);

    public static readonly ErrorCode MigrationsPending = new(
        "database.migrations.pending",
        "The database lacks migrations of this program, or has some that it does not know.",
        "Run `beamtime migrate` with the newest program, and start no older one beside it.");

    public static readonly ErrorCode SocketPath = new(
        "database.socket.path",
        "The folder for the database socket cannot be used, or its path is longer than a socket's may be.",
        "Choose a short runtime folder that belongs to this account alone.");

    public static readonly ErrorCode PostgresqlMissing = new(
        "database.postgresql.missing",
        "The PostgreSQL server is not installed.",
        "Install it (apt-get install postgresql) or set DATABASE_URL.");

    public static readonly ErrorCode ToolMissing = new(
        "database.tool.missing",
        "A system program that starts the database is not installed.",
        "Install util-linux (apt-get install util-linux) or set DATABASE_URL.");

    public static readonly ErrorCode AccountMissing = new(
        "database.account.missing",
        "PostgreSQL refuses to run as root and the account that it would run as does not exist.",
        "Create the account (useradd --system postgres) or start the program as an ordinary user.");

    public static readonly ErrorCode VersionMismatch = new(
        "database.version.mismatch",
        "The cluster was made by another major version of PostgreSQL than the installed one.",
        "Install the version that made it beside the newer one (apt-get install postgresql-N) and run beamtime database upgrade.");

    public static readonly ErrorCode InitFailed = new(
        "database.init.failed",
        "A new cluster could not be made.",
        "See PostgreSQL's own message; the data folder holds nothing half made, so mend it and start again.");

    public static readonly ErrorCode StartFailed = new(
        "database.start.failed",
        "PostgreSQL ended while it started, or did not become ready in time.",
        "See PostgreSQL's own message in the log.",
        RetryClass.Later);

    public static readonly ErrorCode OrphanStays = new(
        "database.orphan.stays",
        "A PostgreSQL server left behind by an earlier start does not end.",
        "End the named process by hand and start again.",
        RetryClass.Later);

    public static readonly ErrorCode UrlInvalid = new(
        "database.url.invalid",
        "DATABASE_URL or DATABASE_PROGRAM_URL cannot be read.",
        "Write postgresql://user:password@host:5432/name with reserved characters percent-encoded, or host=… dbname=… user=….");

    public static readonly ErrorCode RoleMissing = new(
        "database.role.missing",
        "The role beamtime_program does not exist and the owner may not create it, or may not act as it.",
        "As a superuser run: CREATE ROLE beamtime_program; GRANT beamtime_program TO the owner.");

    public static readonly ErrorCode VersionTooOld = new(
        "database.version.old",
        "The server of DATABASE_URL is older than what the tables need.",
        "Use a server of PostgreSQL 15 or later, or leave DATABASE_URL out for the private cluster.");

    public static readonly ErrorCode EncodingRefused = new(
        "database.encoding.refused",
        "The database is not encoded in UTF8.",
        "Make it anew: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0.");

    public static readonly ErrorCode ReadOnly = new(
        "database.read_only",
        "The server is a standby that only follows another one.",
        "Name the primary, or several hosts with commas between them; the one that can be written is taken.",
        RetryClass.Later);

    public static readonly ErrorCode DatabaseMissing = new(
        "database.missing",
        "The server has no database of that name.",
        "As a superuser run: CREATE DATABASE name OWNER owner.");

    public static readonly ErrorCode LoginRefused = new(
        "database.login.refused",
        "The server refuses the user or the password of DATABASE_URL or DATABASE_PROGRAM_URL.",
        "Correct user and password, percent-encoded in a URL, or the server's pg_hba.conf.");

    public static readonly ErrorCode TlsRefused = new(
        "database.tls.refused",
        "No trusted TLS connection to the server could be made.",
        "Give the authority's certificate with sslrootcert, and a host name that stands in the server's certificate.");

    public static readonly ErrorCode PoolerRefused = new(
        "database.pooler.refused",
        "A connection pooler before the server refuses the settings of a session.",
        "Connect to the server itself: locks, notifications and the program's role need a session of their own.");

    public static readonly ErrorCode RightsMissing = new(
        "database.rights.missing",
        "The owner lacks a right that it needs in the database.",
        "Let the user of DATABASE_URL own the database: ALTER DATABASE name OWNER TO owner.");

    public static readonly ErrorCode OwnerWrong = new(
        "database.owner.wrong",
        "DATABASE_URL names another user than the one that owns the tables.",
        "Log in as the user who owns the tables.");

    public static readonly ErrorCode OwnerAbsent = new(
        "database.owner.absent",
        "Something was asked that only the owner of the tables may do, and this program has the program's login alone.",
        "Run the command with DATABASE_URL set.");

    public static readonly ErrorCode LoginsDiffer = new(
        "database.logins.differ",
        "DATABASE_URL and DATABASE_PROGRAM_URL do not lead to the same database.",
        "Name the same server and database in both.");

    public static readonly ErrorCode ProgramRights = new(
        "database.program.rights",
        "The program's role could change or delete what the ledger holds.",
        "Give the program a login that is a member of beamtime_program and of nothing else.");

    public static readonly ErrorCode MigrationPending = new(
        "database.migration.pending",
        "The database lacks a migration, and the program's login may not apply it.",
        "Run 'beamtime migrate' with DATABASE_URL set to the owner.");

    public static readonly ErrorCode MigrationName = new(
        "database.migration.name",
        "A migration's name is not of the form 0001_name.sql, or two have the same number.",
        "Rename the file; numbers are never shared.");

    public static readonly ErrorCode MigrationChanged = new(
        "database.migration.changed",
        "The text of a migration differs from what was applied to this database.",
        "Install the program that applied it, or put the change into a new migration.");

    public static readonly ErrorCode MigrationOrder = new(
        "database.migration.order",
        "A migration comes before one that is applied already.",
        "Give it the next free number.");

    public static readonly ErrorCode DatabaseNewer = new(
        "database.migration.newer",
        "The database was migrated by a newer program.",
        "Install that program's version or a later one.");

    public static readonly ErrorCode Unreachable = new(
        "database.unreachable",
        "The database does not answer, is stopping, or is too busy for what was asked.",
        "Ask again in a moment; a running scan goes on. If it lasts, look at the database's own log.",
        RetryClass.Later);
}
