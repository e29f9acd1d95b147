using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;

namespace Beamtime.Control.Plugins;

/// <summary>
/// The plugins of this process: read at the start, and anew when somebody asks. Who asks for the current set may keep it;
/// a newer one replaces it as a whole.
/// </summary>
internal sealed class PluginShelf
{
    private readonly Lock _gate = new();
    private readonly IReadOnlyList<string>? _folders;
    private readonly Func<PluginRegistry, IEnumerable<string>> _mistakes;
    private readonly TimeProvider _time;
    private readonly PluginUsers _users = new();
    private volatile PluginSet _current;
    private volatile IReadOnlyList<PluginRefusal> _refused = [];

    private PluginShelf(
        IReadOnlyList<string>? folders, PluginSet first, Func<PluginRegistry, IEnumerable<string>> mistakes, TimeProvider time)
    {
        _folders = folders;
        _current = first;
        _mistakes = mistakes;
        _time = time;
    }

    /// <summary>The plugins that count now.</summary>
    public PluginSet Current => _current;

    /// <summary>Plugins that were refused when they were read last; of some an earlier version goes on.</summary>
    public IReadOnlyList<PluginRefusal> Refused => _refused;

    /// <summary>The folders of plugins; empty where they lie in none.</summary>
    public IReadOnlyList<string> Folders => _folders ?? [];

    /// <summary>A shelf of plugins that lie in no folder.</summary>
    /// <param name="registry">What they register.</param>
    /// <param name="time">The clock.</param>
    public static PluginShelf Of(PluginRegistry registry, TimeProvider time) => new(null, PluginSet.Of(registry), static _ => [], time);

    /// <summary>Reads the plugins of folders, for the first time.</summary>
    /// <param name="folders">The folders; an absent one has no plugins.</param>
    /// <param name="mistakes">What is wrong with all that they register.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="RefusedException">Every reason against any of them.</exception>
    public static PluginShelf Open(
        IReadOnlyList<string> folders, Func<PluginRegistry, IEnumerable<string>> mistakes, TimeProvider time)
    {
        var shelf = new PluginShelf(folders, PluginSet.Of(new PluginRegistry()), mistakes, time);
        return shelf.Reload().Refused.SelectMany(r => r.Reasons).ToArray() is { Length: > 0 } reasons
            ? throw new RefusedException(reasons)
            : shelf;
    }

    /// <summary>
    /// Reads all folders again and takes what changed. What cannot be taken is refused with every reason, and the version
    /// that counts goes on.
    /// </summary>
    /// <exception cref="RefusedException">The plugins lie in no folder.</exception>
    public PluginReload Reload()
    {
        if (_folders is null)
        {
            throw new RefusedException(PluginErrors.Fixed.Because("No folder of plugins is known."));
        }

        lock (_gate)
        {
            List<PluginRefusal> refused = [];
            var changes = Changes(_folders, refused);
            var before = _current;
            var taken = Take(changes, refused);
            _refused = refused;
            return new PluginReload(
                [.. taken.Select(c => new PluginStep(
                    c.Name,
                    before.Plugins.FirstOrDefault(p => p.Name == c.Name),
                    c.Next))],
                refused);
        }
    }

    /// <summary>What the files look like from outside; another text after every change.</summary>
    public string Look() => PluginFiles.Look(Folders);

    // What differs from the current set; what cannot be loaded is refused.
    private List<Change> Changes(IReadOnlyList<string> folders, List<PluginRefusal> refused)
    {
        List<Change> changes = [];
        var known = _current.Plugins.ToDictionary(p => p.Name, StringComparer.Ordinal);
        HashSet<string> found = new(StringComparer.Ordinal);
        foreach (var same in PluginFiles.Folders(folders).GroupBy(f => Path.GetFileName(f)))
        {
            found.Add(same.Key);
            if (same.Count() > 1)
            {
                refused.Add(new PluginRefusal(same.Key, [PluginErrors.NameTaken.Because($"{string.Join(" and ", same)} are one plugin by name")]));
                continue;
            }

            switch (PluginFiles.Read(same.First()))
            {
                case Refused<PluginFiles> unread:
                    refused.Add(new PluginRefusal(same.Key, unread.Reasons));
                    break;
                case Accepted<PluginFiles>(var files) when known.GetValueOrDefault(same.Key)?.Digest != files.Digest:
                    switch (LoadedPlugin.Load(files, _time.GetUtcNow()))
                    {
                        case Refused<LoadedPlugin> failed:
                            refused.Add(new PluginRefusal(same.Key, failed.Reasons));
                            break;
                        case Accepted<LoadedPlugin>(var next):
                            changes.Add(new Change(same.Key, next));
                            break;
                    }

                    break;
            }
        }

        return [.. changes, .. known.Keys.Where(name => !found.Contains(name)).Select(name => new Change(name, null))];
    }

    // All together where that is possible, so that a name may go from one plugin to another; else each that can.
    private List<Change> Take(List<Change> changes, List<PluginRefusal> refused)
    {
        if (changes.Count == 0 || With(changes) is Accepted<PluginSet>)
        {
            _current = changes.Count == 0 ? _current : With(changes).OrThrow();
            return changes;
        }

        List<Change> taken = [], left = [.. changes];
        while (left.FirstOrDefault(c => With([c]) is Accepted<PluginSet>) is { } next)
        {
            _current = With([next]).OrThrow();
            taken.Add(next);
            left.Remove(next);
        }

        refused.AddRange(left.Select(c => new PluginRefusal(c.Name, ((Refused<PluginSet>)With([c])).Reasons)));
        return taken;
    }

    private Outcome<PluginSet> With(IReadOnlyList<Change> changes) => PluginSet.Of(
        [
            .. _current.Plugins.Where(p => !changes.Any(c => c.Name == p.Name))
                .Concat(changes.Select(c => c.Next).OfType<LoadedPlugin>())
                .OrderBy(p => p.Name, StringComparer.Ordinal),
        ],
        _users,
        _mistakes);

    // Null for a plugin that is gone.
    private sealed record Change(string Name, LoadedPlugin? Next);
}

/// <summary>A plugin that was refused.</summary>
/// <param name="Plugin">Its name.</param>
/// <param name="Reasons">Every reason.</param>
internal sealed record PluginRefusal(string Plugin, IReadOnlyList<Reason> Reasons);

/// <summary>A plugin that came, went or was replaced.</summary>
/// <param name="Plugin">Its name.</param>
/// <param name="Before">What counted before; null for nothing.</param>
/// <param name="Now">What counts now; null for nothing.</param>
internal sealed record PluginStep(string Plugin, LoadedPlugin? Before, LoadedPlugin? Now);

/// <summary>What became of reading plugins anew.</summary>
/// <param name="Steps">What changed.</param>
/// <param name="Refused">What could not be taken.</param>
internal sealed record PluginReload(IReadOnlyList<PluginStep> Steps, IReadOnlyList<PluginRefusal> Refused);
