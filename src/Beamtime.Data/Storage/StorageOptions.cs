using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Data.Storage;

/// <summary>What a storage is for: how near it lies to the detector, and how long things stay on it.</summary>
internal enum StorageTier
{
    /// <summary>Fast disks beside the detector; transient.</summary>
    Detector,

    /// <summary>Where data are processed; transient.</summary>
    Analysis,

    /// <summary>The home of data for good.</summary>
    Home,

    /// <summary>Tape, for good and slow.</summary>
    Tape,

    /// <summary>Work space that anyone may empty; never counts as a copy.</summary>
    Scratch,
}

/// <summary>One storage as it is configured.</summary>
internal sealed record StorageEntry
{
    /// <summary>Its folder.</summary>
    [Description("folder of the storage, absolute or below storage.root")]
    public required string Path { get; set; }

    /// <summary>What it is for.</summary>
    [Description("what it is for: detector, analysis, home, tape or scratch")]
    public required StorageTier Tier { get; set; }

    /// <summary>A line for people.</summary>
    [Description("a line for people")]
    public string Description { get; set; } = "";

    /// <summary>Free bytes below which the program does not start and no copy begins.</summary>
    [Description("bytes that stay free: below it the program does not start and no copy begins")]
    [Unit("bytes")]
    [Range(0, long.MaxValue)]
    public long ReserveBytes { get; set; } = 64L << 20;
}

/// <summary>The storages of this installation, by name.</summary>
[SettingsSection("storage")]
internal sealed record StorageOptions : IValidatableObject
{
    /// <summary>Where relative paths begin.</summary>
    [Description("folder that relative paths begin at; the program's data folder when absent")]
    public string? Root { get; set; }

    /// <summary>The storages.</summary>
    [Description("storages by name")]
    public Dictionary<string, StorageEntry> Places { get; set; } = new(StringComparer.Ordinal)
    {
        ["detector"] = new() { Path = "recordings", Tier = StorageTier.Detector, Description = "where recordings appear" },
        ["analysis"] = new() { Path = "analysis", Tier = StorageTier.Analysis, Description = "where data are processed" },
    };

    /// <summary>The storage on which recordings appear.</summary>
    [Description("name of the storage on which recordings appear")]
    public string Recordings { get; set; } = "detector";

    /// <summary>The storage on which data are processed.</summary>
    [Description("name of the storage that recordings are copied to and processed on")]
    public string Analysis { get; set; } = "analysis";

    /// <summary>The storages that recordings are copied to besides.</summary>
    [Description("names of the storages that every recording is copied to besides, each by a flow of its own that holds up nothing")]
    public List<string> Mirrors { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (role, name) in new[] { ("recordings", Recordings), ("analysis", Analysis) })
        {
            if (!Places.ContainsKey(name))
            {
                yield return new ValidationResult(
                    $"{role} names '{name}', which is no storage{NearestName.Question(name, Places.Keys)}");
            }
        }

        foreach (var name in Mirrors.Where(name => !Places.ContainsKey(name)))
        {
            yield return new ValidationResult($"mirrors names '{name}', which is no storage{NearestName.Question(name, Places.Keys)}");
        }

        foreach (var name in Mirrors.Where(name => name == Recordings || name == Analysis))
        {
            yield return new ValidationResult($"mirrors names '{name}', which has every recording already");
        }

        foreach (var name in Mirrors.GroupBy(name => name).Where(g => g.Count() > 1).Select(g => g.Key))
        {
            yield return new ValidationResult($"mirrors names '{name}' twice");
        }

        if (Recordings == Analysis)
        {
            yield return new ValidationResult($"recordings and analysis both name '{Analysis}', so that nothing would be copied");
        }

        foreach (var name in Places.Keys.Where(n => !IsName(n)))
        {
            yield return new ValidationResult($"'{name}' is no name for a storage: letters, digits, _ and - only");
        }
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
