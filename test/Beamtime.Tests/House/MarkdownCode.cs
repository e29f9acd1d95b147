using System.Text.RegularExpressions;

namespace Beamtime.Tests.House;

/// <summary>The pieces of code in a Markdown text: the lines of fenced blocks and what stands between backticks.</summary>
internal static partial class MarkdownCode
{
    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Inline { get; }

    /// <summary>The pieces in order.</summary>
    /// <param name="text">The Markdown text.</param>
    public static IEnumerable<string> In(string text)
    {
        bool isFenced = false;
        foreach (string line in text.Split('\n'))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                isFenced = !isFenced;
            }
            else if (isFenced)
            {
                yield return line.Trim();
            }
            else
            {
                foreach (Match match in Inline.Matches(line))
                {
                    yield return match.Groups[1].Value;
                }
            }
        }
    }
}
