using System.Globalization;
using System.Reflection;
using System.Text;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access;

/// <summary>Finds every error code that is declared and writes the reference page of them.</summary>
internal static class ErrorReference
{
    /// <summary>Every code with the field that declares it, by code.</summary>
    /// <param name="assemblies">The assemblies to look through.</param>
    public static IReadOnlyList<(ErrorCode Code, FieldInfo Field)> Codes(IEnumerable<Assembly> assemblies) =>
    [
        .. assemblies.SelectMany(a => a.GetTypes())
            .Where(t => !t.ContainsGenericParameters)
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(f => f.FieldType == typeof(ErrorCode))
            .Select(f => ((ErrorCode)f.GetValue(null)!, f))
            .OrderBy(c => c.Item1.Code, StringComparer.Ordinal),
    ];

    /// <summary>The page in Markdown.</summary>
    /// <param name="assemblies">The assemblies to look through.</param>
    public static string Write(IEnumerable<Assembly> assemblies)
    {
        StringBuilder page = new("""
            # Errors

            Written by `make docs` from the declarations. A code never changes its meaning. *Retry* says whether the same
            request can succeed later: `never` until something is changed, `later` once the cause has passed, `safe` at once.

            """);
        string area = "";
        foreach ((ErrorCode code, _) in Codes(assemblies))
        {
            string next = code.Code.Split('.')[0];
            if (next != area)
            {
                area = next;
                page.Append(CultureInfo.InvariantCulture, $"\n## {area}\n\n| Code | Cause | Remedy | Retry |\n|---|---|---|---|\n");
            }

            string retry = code.Retry.ToString().ToLowerInvariant();
            page.Append(CultureInfo.InvariantCulture, $"| `{code.Code}` | {Cell(code.Cause)} | {Cell(code.Remedy)} | {retry} |\n");
        }

        return page.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
