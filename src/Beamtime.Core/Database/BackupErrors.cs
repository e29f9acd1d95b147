using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Database;

/// <summary>What can be wrong with backups and with what is made of them.</summary>
internal static class BackupErrors
{
    public static readonly ErrorCode ToolsMissing = new(
        "backup.tools.missing",
        "PostgreSQL's own programs for backups are not installed, or are older than the server.",
        "Install the server's version of them (apt-get install postgresql-client-N).");

    public static readonly ErrorCode PlaceTaken = new(
        "backup.place.taken",
        "Where the backup would be written lies something, or another backup is being written.",
        "Name another place, or wait for the other backup to end.");

    public static readonly ErrorCode PlaceUnusable = new(
        "backup.place.unusable",
        "The place of the backup cannot be written or read.",
        "Check the path, its rights and that its disk is mounted.");

    public static readonly ErrorCode DiskFull = new(
        "backup.disk.full",
        "The disk was full before the backup, or what is made of it, was whole. Nothing half stays.",
        "Free space, or name a place on another disk.",
        RetryClass.Later);

    public static readonly ErrorCode Damaged = new(
        "backup.damaged",
        "The backup is not whole, or is not what its manifest says.",
        "Take another backup; 'beamtime backup verify' proves one.");

    public static readonly ErrorCode FormNewer = new(
        "backup.form.newer",
        "The backup was made by a newer program.",
        "Install that program's version or a later one.");

    public static readonly ErrorCode Failed = new(
        "backup.program.failed",
        "One of PostgreSQL's programs failed.",
        "See its own message.");

    public static readonly ErrorCode NotProved = new(
        "backup.not_proved",
        "What was restored differs from what the backup says, or its records are not what their entries fold to.",
        "Keep the backup for examination, make a new one and prove it; 'beamtime ledger rebuild' corrects records.");

    public static readonly ErrorCode NotEmpty = new(
        "restore.database.not_empty",
        "The database holds something already.",
        "To put the backup in its place, give --replace with the database's name; the former one is kept under another.");

    public static readonly ErrorCode InUse = new(
        "restore.database.in_use",
        "Programs are connected to the database.",
        "Stop them; a restore needs the database for itself.");

    public static readonly ErrorCode SecretsUnsaid = new(
        "restore.secrets.unsaid",
        "A backup does not hold the master key, and nothing says what is to become of what is sealed with it.",
        "Give the key by --secret-file, or give --without-secrets: stored secrets are then removed and everybody signs in anew.");

    public static readonly ErrorCode KeyWrong = new(
        "restore.secrets.wrong",
        "The master key that is given is not the one that the backup's secrets are sealed with.",
        "Give the key that was in use when the backup was made, or --without-secrets.");

    public static readonly ErrorCode MayNotCreate = new(
        "restore.database.not_allowed",
        "The owner may not make databases on this server, which replacing one needs.",
        "Make an empty database, name it in DATABASE_URL and restore into it; or give the owner CREATEDB.");

    public static readonly ErrorCode FormerUnknown = new(
        "restore.former.unknown",
        "No restore has left a database of that name.",
        "Name one that 'beamtime database former' lists.");

    public static readonly ErrorCode UpgradeRefused = new(
        "database.upgrade.refused",
        "The cluster cannot be brought to another version.",
        "See the message: the program of the version that made the cluster must be installed beside the newer one.");
}
