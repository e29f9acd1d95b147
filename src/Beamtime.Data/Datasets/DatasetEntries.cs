using System.Text.Json.Serialization;
using Beamtime.Sdk.Recording;

namespace Beamtime.Data.Datasets;

/// <summary>What can happen to a data set.</summary>
internal abstract record DatasetEntry;

/// <summary>One file of a data set's manifest.</summary>
/// <param name="Path">Path within the data set's folder.</param>
/// <param name="Bytes">Size.</param>
/// <param name="ModifiedAt">Last modification, UTC.</param>
/// <param name="Sha256">Lower-case SHA-256; null for a large file that nobody has copied yet.</param>
internal sealed record DatasetFile(string Path, long Bytes, DateTimeOffset ModifiedAt, string? Sha256);

/// <summary>It became known, with its manifest: master and sources together.</summary>
internal sealed record DatasetRegistered : DatasetEntry
{
    /// <summary>The name that people use.</summary>
    public required string Name { get; init; }

    /// <summary>Where it comes from.</summary>
    public required DatasetOrigin Origin { get; init; }

    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>Number of the scan at its beamline.</summary>
    public int? Number { get; init; }

    /// <summary>The recording's id.</summary>
    public Guid? Recording { get; init; }

    /// <summary>The scan's name, or what computed it.</summary>
    public required string Made { get; init; }

    /// <summary>How the recording ended.</summary>
    public ScanEnd? End { get; init; }

    /// <summary>When the measurement or the computation began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>The manifest; a recording's master file first.</summary>
    public required IReadOnlyList<DatasetFile> Files { get; init; }

    /// <summary>The data sets that it was computed from.</summary>
    public IReadOnlyList<Guid> DerivedFrom { get; init; } = [];

    /// <summary>Parameters of the scan or of the computation.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();
}

/// <summary>Its files were found.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Folder">Its folder there, and on every storage that it is copied to.</param>
internal sealed record DatasetPlaced(string Storage, string Folder) : DatasetEntry;

/// <summary>A copy of a file was made.</summary>
/// <param name="Path">The file, within the data set.</param>
/// <param name="Storage">The storage that now holds a copy.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">Lower-case SHA-256 of what was read from the source in the pass that copied it.</param>
/// <param name="WasThere">True where the same content lay there already.</param>
internal sealed record FileCopied(string Path, string Storage, long Bytes, string Sha256, bool WasThere) : DatasetEntry;

/// <summary>A copy was read back from the disk with the right checksum.</summary>
/// <param name="Path">The file, within the data set.</param>
/// <param name="Storage">The storage of the copy.</param>
/// <param name="Sha256">Lower-case SHA-256.</param>
internal sealed record FileVerified(string Path, string Storage, string Sha256) : DatasetEntry;

/// <summary>A copy is missing or reads back as something else.</summary>
/// <param name="Path">The file, within the data set.</param>
/// <param name="Storage">The storage of the copy.</param>
/// <param name="Code">The code of what is wrong.</param>
/// <param name="Message">What was found.</param>
internal sealed record FileBroken(string Path, string Storage, string Code, string Message) : DatasetEntry;

/// <summary>Every file now has a verified copy away from where it appeared.</summary>
/// <param name="Storage">The storage of those copies.</param>
internal sealed record DatasetSecured(string Storage) : DatasetEntry;

/// <summary>Another data set was computed from it.</summary>
/// <param name="Dataset">The other.</param>
/// <param name="Name">Its name.</param>
internal sealed record DatasetDerived(Guid Dataset, string Name) : DatasetEntry;

/// <summary>The codec of entries, states and requests.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DatasetRegistered))]
[JsonSerializable(typeof(DatasetPlaced))]
[JsonSerializable(typeof(FileCopied))]
[JsonSerializable(typeof(FileVerified))]
[JsonSerializable(typeof(FileBroken))]
[JsonSerializable(typeof(DatasetSecured))]
[JsonSerializable(typeof(DatasetDerived))]
[JsonSerializable(typeof(DatasetRecord))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class DatasetJson : JsonSerializerContext;
