using Beamtime.Sdk.Errors;

namespace Beamtime.Doctor;

/// <summary>What the doctor finds that nothing else has a code for.</summary>
internal static class DoctorErrors
{
    public static readonly ErrorCode ClockDiffers = new(
        "doctor.clock.differs",
        "The clocks of this machine and of the database's machine differ by more than a second.",
        "Let both follow the same time servers (chrony or systemd-timesyncd).");

    public static readonly ErrorCode ClockFree = new(
        "doctor.clock.free",
        "No time service is known to keep this machine's clock right.",
        "Install and start chrony or systemd-timesyncd; in a container the host's clock counts.");

    public static readonly ErrorCode NotDurable = new(
        "doctor.database.not_durable",
        "The server is set so that what it has committed can be lost in a crash.",
        "Set fsync, full_page_writes and synchronous_commit to on.");

    public static readonly ErrorCode FewConnections = new(
        "doctor.database.connections",
        "The server admits fewer connections than the program may open.",
        "Raise max_connections of the server or lower database.pool_size.");

    public static readonly ErrorCode FolderOpen = new(
        "doctor.folder.open",
        "Others than its owner may look into the data folder.",
        "Take their rights away: chmod go-rw on the folder.");

    public static readonly ErrorCode NetworkFolder = new(
        "doctor.folder.network",
        "The folder lies on a network file system, whose locks and syncs are often not what they claim.",
        "Put the data folder on a local disk; storages for copies may lie on a network.");

    public static readonly ErrorCode FolderUnusable = new(
        "doctor.folder.unusable",
        "A file could not be written, synced, renamed and removed in a folder that the program needs.",
        "Give the program's account the right to write there, and look at the disk.");

    public static readonly ErrorCode Hdf5Fails = new(
        "doctor.hdf5.fails",
        "A file could not be written and read at the same time through libhdf5.",
        "Install libhdf5 1.10 or later (apt-get install libhdf5-103-1); set HDF5_USE_FILE_LOCKING=FALSE where the file system has no locks.");

    public static readonly ErrorCode FilterMissing = new(
        "doctor.hdf5.filter",
        "A compression filter of HDF5 is not installed: files that use it cannot be read by other programs here.",
        "Install hdf5-filter-plugin and hdf5-filter-plugin-blosc-serial.");

    public static readonly ErrorCode ToolMissing = new(
        "doctor.tool.missing",
        "A program of the system that Beamtime uses is not installed.",
        "Install the package that the detail names.");

    public static readonly ErrorCode FewFiles = new(
        "doctor.limit.files",
        "The process may open fewer files than a busy installation needs.",
        "Raise the limit: LimitNOFILE=65536 in the unit, or ulimit -n 65536.");

    public static readonly ErrorCode FewWatches = new(
        "doctor.limit.watches",
        "The kernel grants few watches on folders, so that watched storages may be seen late.",
        "Raise fs.inotify.max_user_watches to 65536 and fs.inotify.max_user_instances to 256 with sysctl.");

    public static readonly ErrorCode SecretOpen = new(
        "doctor.secret.open",
        "Others than its owner may read the file of the master key, or it is missing.",
        "Make the file and give it to the program's account alone: chmod 0600.");

    public static readonly ErrorCode BackupNone = new(
        "doctor.backup.none",
        "No backup of the database is known.",
        "Run 'beamtime backup FOLDER --keep 14' every night; set database.backup_age to 0 s where the server is backed up by other means.");

    public static readonly ErrorCode BackupOld = new(
        "doctor.backup.old",
        "The newest backup of the database is older than database.backup_age.",
        "Run 'beamtime backup', and look why its timer did not.");

    public static readonly ErrorCode CertificateEnded = new(
        "doctor.certificate.ended",
        "A certificate has expired, or does not count yet.",
        "Renew it; the program takes a renewed file without a restart. If its times look right, set this machine's clock.");

    public static readonly ErrorCode CertificateEnds = new(
        "doctor.certificate.ends",
        "A certificate expires within two weeks.",
        "Renew it; the program takes a renewed file without a restart.");

    public static readonly ErrorCode CertificateUnusable = new(
        "doctor.certificate.unusable",
        "A file of certificates that the settings name cannot be read, or holds none.",
        "Correct the setting, or the file and its rights.");

    public static readonly ErrorCode KeyOpen = new(
        "doctor.certificate.key_open",
        "Others than its owner may read a private key.",
        "Give it to the program's account alone: chmod 0600.");

    public static readonly ErrorCode CollectorUnreachable = new(
        "doctor.traces.unreachable",
        "Nobody listens at the address to which traces are sent.",
        "Start the collector, or correct telemetry.otlp_endpoint; without it the program works, and its traces are lost.");

    public static readonly ErrorCode SpoolLeft = new(
        "doctor.spool.left",
        "A spool holds messages that no program has sent yet.",
        "Start the roles that the detail names on this machine; they send what it holds and empty it.");
}
