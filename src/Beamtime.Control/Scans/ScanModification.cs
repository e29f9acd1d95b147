using System.IO.Enumeration;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>Applies the modifiers of plugins to declarations of scans.</summary>
internal static class ScanModification
{
    /// <summary>The declarations as the modifiers want them.</summary>
    /// <param name="scans">The declarations.</param>
    /// <param name="modifiers">The modifiers.</param>
    /// <exception cref="ArgumentException">Modifiers contradict each other, or match nothing: all mistakes.</exception>
    public static IReadOnlyList<ScanDeclaration> Apply(
        IReadOnlyList<ScanDeclaration> scans, IReadOnlyList<ScanModifier> modifiers)
    {
        List<string> mistakes = [.. modifiers.SelectMany(m => MistakesOf(m, scans))];
        List<ScanDeclaration> modified = [];
        foreach (var scan in scans)
        {
            var matching = modifiers.Where(m => m.Scans.Any(pattern => Matches(pattern, scan))).ToArray();
            mistakes.AddRange(matching
                .SelectMany(m => m.Changes.Select(c => (Modifier: m.Name, Change: c)))
                .GroupBy(c => (c.Change.Hook, c.Change.Kind))
                .Where(g => g.Count() > 1)
                .Select(g => $"{scan.Name} has {g.Count()} changes {g.Key.Kind.ToString().ToLowerInvariant()} {g.Key.Hook}, by "
                    + string.Join(" and ", g.Select(c => c.Modifier).Distinct())));
            mistakes.AddRange(matching
                .SelectMany(m => m.Defaults.Keys.Select(k => (Modifier: m.Name, Parameter: k)))
                .GroupBy(d => d.Parameter)
                .Where(g => g.Count() > 1 && scan.Parameters.Any(p => p.Name == g.Key))
                .Select(g => $"{scan.Name} has {g.Count()} defaults of {g.Key}, by {string.Join(" and ", g.Select(d => d.Modifier))}"));
            modified.Add(Apply(scan, matching));
        }

        return mistakes.Count > 0 ? throw new ArgumentException($"Scan modifiers: {string.Join("; ", mistakes)}.") : modified;
    }

    private static IEnumerable<string> MistakesOf(ScanModifier modifier, IReadOnlyList<ScanDeclaration> scans)
    {
        foreach (var pattern in modifier.Scans.Where(p => !scans.Any(s => Matches(p, s))))
        {
            yield return $"{modifier.Name} changes '{pattern}', and no scan is called so";
        }

        var parameters = scans.Where(s => modifier.Scans.Any(p => Matches(p, s))).SelectMany(s => s.Parameters).ToLookup(p => p.Name);
        foreach (var name in modifier.Defaults.Keys.Where(n => !parameters.Contains(n)))
        {
            yield return $"{modifier.Name} gives '{name}' a default, and none of its scans has such a parameter";
        }
    }

    private static ScanDeclaration Apply(ScanDeclaration scan, ScanModifier[] modifiers)
    {
        HookChange[] changes = [.. modifiers.SelectMany(m => m.Changes)];
        var defaults = modifiers.SelectMany(m => m.Defaults).ToLookup(d => d.Key, d => d.Value);
        var create = scan.Create;
        return modifiers.Length == 0
            ? scan
            : scan with
            {
                Parameters =
                    [.. scan.Parameters.Select(p => defaults[p.Name].FirstOrDefault() is { } other ? p with { Default = other } : p)],
                Create = changes.Length == 0 ? create : arguments => new ModifiedScan(create(arguments), changes),
            };
    }

    private static bool Matches(string pattern, ScanDeclaration scan) =>
        FileSystemName.MatchesSimpleExpression(pattern, scan.Name, ignoreCase: false);
}
