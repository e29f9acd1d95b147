using System.Collections.Immutable;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Storage;

/// <summary>The storages of this installation, each checked: it exists, can be written and has room.</summary>
internal sealed class StorageSet
{
    private readonly ImmutableSortedDictionary<string, StoragePlace> _places;

    private StorageSet(IEnumerable<StoragePlace> places, StorageOptions options)
    {
        _places = places.ToImmutableSortedDictionary(p => p.Name, p => p, StringComparer.Ordinal);
        Recordings = _places[options.Recordings];
        Analysis = _places[options.Analysis];
        Mirrors = [.. options.Mirrors.Select(name => _places[name])];
    }

    /// <summary>All of them, by name.</summary>
    public IEnumerable<StoragePlace> All => _places.Values;

    /// <summary>Where recordings appear.</summary>
    public StoragePlace Recordings { get; }

    /// <summary>Where data are processed.</summary>
    public StoragePlace Analysis { get; }

    /// <summary>Where every recording is copied to besides.</summary>
    public IReadOnlyList<StoragePlace> Mirrors { get; }

    /// <summary>The storage of this name.</summary>
    /// <param name="name">A storage's name.</param>
    /// <exception cref="RefusedException"><c>storage.unknown</c>.</exception>
    public StoragePlace this[string name] => _places.TryGetValue(name, out var place)
        ? place
        : throw new RefusedException(StorageErrors.Unknown.Because(
            $"there is no storage '{name}'{NearestName.Question(name, _places.Keys)}"));

    /// <summary>Makes the folders that are missing and checks every storage.</summary>
    /// <param name="options">The storages as configured.</param>
    /// <param name="dataFolder">Where relative paths begin if the options do not say.</param>
    /// <exception cref="RefusedException">One cannot be used; every reason.</exception>
    public static StorageSet Open(StorageOptions options, string dataFolder)
    {
        var root = Path.GetFullPath(options.Root ?? dataFolder);
        var reasons = new List<Reason>();
        var places = new List<StoragePlace>();
        foreach (var (name, entry) in options.Places)
        {
            var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(entry.Path, root));
            if (Check(name, folder, entry) is { } reason)
            {
                reasons.Add(reason);
            }
            else
            {
                places.Add(new StoragePlace(name, RealPath.Of(folder), entry.Tier, entry.Description, entry.ReserveBytes));
            }
        }

        reasons.AddRange(
            from a in places
            from b in places
            where string.CompareOrdinal(a.Name, b.Name) < 0
                && (a.Folder == b.Folder || StoragePlace.IsBelow(a.Folder, b.Folder) || StoragePlace.IsBelow(b.Folder, a.Folder))
            select StorageErrors.Overlap.Because($"storage {a.Name} is {a.Folder}, storage {b.Name} is {b.Folder}"));
        return reasons.Count == 0
            ? new StorageSet(places, options)
            : throw new RefusedException(reasons);
    }

    private static Reason? Check(string name, string folder, StorageEntry entry)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return StorageErrors.Unusable.Because($"storage {name}: {folder} cannot be made: {error.Message}");
        }

        try
        {
            var probe = Path.Combine(folder, $".beamtime-probe-{Environment.ProcessId}");
            using var file = new FileStream(
                probe, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            file.WriteByte(0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return StorageErrors.Unwritable.Because($"storage {name}: {error.Message}");
        }

        var free = new DriveInfo(folder).AvailableFreeSpace;
        return free < entry.ReserveBytes
            ? StorageErrors.Full.Because(
                $"storage {name}: {free >> 20} MiB are free at {folder}, {entry.ReserveBytes >> 20} MiB are to stay free")
            : null;
    }
}
