using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary><c>key=value</c> pairs of a command line.</summary>
internal static class KeyValues
{
    /// <summary>Reads them.</summary>
    /// <param name="before">What stands before each, as the user wrote it: <c>--metadata</c>; empty for nothing.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="reasons">Takes what cannot be read.</param>
    public static Dictionary<string, string> Read(string before, IEnumerable<string> pairs, List<Reason> reasons)
    {
        Dictionary<string, string> read = new(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            if (pair.Split('=', 2) is not [{ Length: > 0 } key, var value] || !read.TryAdd(key, value))
            {
                reasons.Add(CliErrors.Argument.Because($"{before} {pair} is not key=value, or is given twice".TrimStart()));
            }
        }

        return read;
    }
}
