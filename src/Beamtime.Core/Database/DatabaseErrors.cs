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
