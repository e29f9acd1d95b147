using System.Text.RegularExpressions;
using Beamtime.Core.Access;

namespace Beamtime.Tests.House;

/// <summary>Error codes are unique, dotted and say what to do.</summary>
public sealed partial class ErrorCodeTests
{
    [GeneratedRegex(@"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")]
    private static partial Regex Dotted { get; }

    [Fact]
    public void Every_code_is_declared_once() =>
        Assert.Empty(ErrorReference.Codes(Repository.Assemblies)
            .GroupBy(c => c.Code.Code)
            .Where(g => g.Count() > 1)
            .Select(g => $"{g.Key}: {string.Join(", ", g.Select(c => c.Field.DeclaringType!.FullName))}"));

    [Fact]
    public void Every_code_is_dotted_and_has_cause_and_remedy() =>
        Assert.Empty(ErrorReference.Codes(Repository.Assemblies)
            .Where(c => !Dotted.IsMatch(c.Code.Code) || !IsSentence(c.Code.Cause) || !IsSentence(c.Code.Remedy))
            .Select(c => c.Code.ToString()));

    [Fact]
    public void Every_code_is_declared_in_the_errors_of_its_domain() =>
        Assert.Empty(ErrorReference.Codes(Repository.Assemblies)
            .Where(c => !c.Field.DeclaringType!.Name.EndsWith("Errors", StringComparison.Ordinal))
            .Select(c => $"{c.Code.Code}: {c.Field.DeclaringType!.FullName}"));

    private static bool IsSentence(string text) => text.Length > 3 && char.IsUpper(text[0]) && text.EndsWith('.');
}
