namespace Beamtime.Control;

/// <summary>The parts of the half that measures; each can run in a process of its own.</summary>
[Flags]
internal enum ControlParts
{
    /// <summary>Nothing of it.</summary>
    None = 0,

    /// <summary>What REST needs: it asks the others.</summary>
    Api = 1,

    /// <summary>Admission, scan queue, scan worker, procedures and permits; owns the devices.</summary>
    ScanServer = 2,

    /// <summary>Live hardware.</summary>
    DeviceServer = 4,

    /// <summary>Readings to points.</summary>
    Bundler = 8,

    /// <summary>Points to files.</summary>
    FileWriter = 16,

    /// <summary>All of it in this process.</summary>
    All = Api | ScanServer | DeviceServer | Bundler | FileWriter,
}
