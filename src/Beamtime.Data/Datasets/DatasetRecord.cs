using Beamtime.Sdk.Recording;

namespace Beamtime.Data.Datasets;

/// <summary>Where a data set comes from.</summary>
internal enum DatasetOrigin
{
    /// <summary>Measured: the files of one recording.</summary>
    Recording,

    /// <summary>Computed from other data sets.</summary>
    Derived,
}

/// <summary>A data set as folded from its entries; its files, copies and parameters lie in tables.</summary>
internal sealed record DatasetRecord
{
    /// <summary>The name that people use: <c>S00012</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where it comes from.</summary>
    public required DatasetOrigin Origin { get; init; }

    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>Number of the scan at its beamline.</summary>
    public int? Number { get; init; }

    /// <summary>The recording's id, which is the scan's.</summary>
    public Guid? Recording { get; init; }

    /// <summary>The scan's name: <c>line</c>; or what computed it.</summary>
    public required string Made { get; init; }

    /// <summary>How the recording ended.</summary>
    public ScanEnd? End { get; init; }

    /// <summary>Where it stands.</summary>
    public required DatasetStatus Status { get; init; }

    /// <summary>Its folder on every storage that has it; null until it was placed.</summary>
    public string? Folder { get; init; }

    /// <summary>The storages that it was placed on or copied to.</summary>
    public IReadOnlyList<string> Storages { get; init; } = [];

    /// <summary>Number of files.</summary>
    public required int Files { get; init; }

    /// <summary>Bytes of all files.</summary>
    public required long Bytes { get; init; }

    /// <summary>When the measurement or the computation began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>When it was registered, UTC.</summary>
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>The data sets that it was computed from.</summary>
    public IReadOnlyList<Guid> DerivedFrom { get; init; } = [];

    /// <summary>The last data sets that were computed from it; all of them are in the lineage table.</summary>
    public IReadOnlyList<Guid> Derived { get; init; } = [];
}
