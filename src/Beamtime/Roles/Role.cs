namespace Beamtime.Roles;

/// <summary>A part of the program that can run in a process of its own.</summary>
internal enum Role
{
    /// <summary>REST, readiness and metrics; as many as requests need.</summary>
    Api,

    /// <summary>Recurring work; any number may start, one acts.</summary>
    Scheduler,

    /// <summary>Claims and runs jobs; as many as the queue needs.</summary>
    Worker,

    /// <summary>Admission, scan queues, scan workers, procedures and interlocks; one a beamline.</summary>
    ScanServer,

    /// <summary>Live hardware; one a beamline.</summary>
    DeviceServer,

    /// <summary>Readings to points; one a beamline.</summary>
    Bundler,

    /// <summary>Points to files; one a beamline.</summary>
    FileWriter,
}
