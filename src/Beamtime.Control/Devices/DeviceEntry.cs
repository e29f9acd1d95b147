namespace Beamtime.Control.Devices;

/// <summary>When a device is read.</summary>
internal enum ReadoutPriority
{
    /// <summary>At each point.</summary>
    Monitored,

    /// <summary>Once per scan, at its start.</summary>
    Baseline,

    /// <summary>Produces its own stream during a scan; staged on its own.</summary>
    Async,

    /// <summary>Streams all the time; not staged.</summary>
    Continuous,

    /// <summary>Only when asked; neither staged nor locked.</summary>
    OnRequest,
}

/// <summary>What happens when reading a device fails.</summary>
internal enum OnFailure
{
    /// <summary>Read once more, then fail.</summary>
    Retry,

    /// <summary>Give the last reading; fail when there is none.</summary>
    Buffer,

    /// <summary>Fail.</summary>
    Raise,
}

/// <summary>One device of the configuration, in BEC's schema.</summary>
internal sealed record DeviceEntry
{
    /// <summary>Name, an identifier.</summary>
    public required string Name { get; init; }

    /// <summary>Class name as plugins register it.</summary>
    public required string DeviceClass { get; init; }

    /// <summary>False: not constructed, cannot be used.</summary>
    public required bool Enabled { get; init; }

    /// <summary>When it is read.</summary>
    public required ReadoutPriority ReadoutPriority { get; init; }

    /// <summary>Settings of the class: texts, lists and maps as the file has them.</summary>
    public IReadOnlyDictionary<string, object?> DeviceConfig { get; init; } = new Dictionary<string, object?>();

    /// <summary>How long connecting may take.</summary>
    public TimeSpan ConnectionTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What it is, for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Free grouping.</summary>
    public IReadOnlyList<string> DeviceTags { get; init; } = [];

    /// <summary>Devices that must be connected before it.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>What happens when reading it fails.</summary>
    public OnFailure OnFailure { get; init; } = OnFailure.Retry;

    /// <summary>True: cannot be set, and is skipped when everything is stopped.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>True: triggered at each point.</summary>
    public bool SoftwareTrigger { get; init; }

    /// <summary>Arbitrary data of the user.</summary>
    public IReadOnlyDictionary<string, object?> UserParameter { get; init; } = new Dictionary<string, object?>();
}
