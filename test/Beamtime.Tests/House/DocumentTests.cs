using System.CommandLine;
using System.Text.RegularExpressions;

namespace Beamtime.Tests.House;

/// <summary>What the documents tell people to type exists, and the words of the tree are explained.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] Verbs =
        ["help", "setup", "build", "quick", "test", "slow", "demo", "run", "bench", "drill", "format", "docs"];

    [GeneratedRegex(@"(?:^|[\s(;|&$])(?:[\w./-]*/)?beamtime((?: +[^\s|;&`<>\[#)]+)+)")]
    private static partial Regex Command { get; }

    [GeneratedRegex(@"(?:^|[\s;&])make +([a-z]+)")]
    private static partial Regex MakeVerb { get; }

    [GeneratedRegex("^([a-z]+):", RegexOptions.Multiline)]
    private static partial Regex MakeTarget { get; }

    [GeneratedRegex(@"^[a-z][a-z-]*$")]
    private static partial Regex Word { get; }

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex WordBorder { get; }

    [GeneratedRegex(@"^- \*\*([^*]+)\*\*: \S", RegexOptions.Multiline)]
    private static partial Regex Entry { get; }

    [GeneratedRegex("<PackageVersion Include=\"([^\"]+)\"")]
    private static partial Regex Package { get; }

    [GeneratedRegex(@"\]\(([^)#:\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link { get; }

    [Fact]
    public void Every_command_in_the_documents_exists()
    {
        List<string> wrong = [];
        foreach (string file in Documents())
        {
            foreach (Match match in MarkdownCode.In(Repository.Read(file)).SelectMany(code => Command.Matches(code)))
            {
                string[] words = match.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (Unknown(words) is { } unknown)
                {
                    wrong.Add($"{file}: beamtime {unknown}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("up --site demo", null)]
    [InlineData("scan line samx -5 5", null)]
    [InlineData("--help", null)]
    [InlineData("device", null)]
    [InlineData("device dance", "device dance")]
    [InlineData("upp", "upp")]
    public void A_command_that_does_not_exist_is_found(string words, string? unknown) =>
        Assert.Equal(unknown, Unknown(words.Split(' ')));

    [Fact]
    public void Commands_are_read_from_a_tree() =>
        Assert.Equal(
            ["device", "device ls", "up"],
            CommandLine.Under(new RootCommand
            {
                new Command("up"),
                new Command("device") { new Command("ls"), new Command("secret") { Hidden = true } },
            }).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_package_is_named_with_its_reason()
    {
        string text = Repository.Read("CONTRIBUTING.md");
        Assert.All(
            Package.Matches(Repository.Read("Directory.Packages.props")).Select(m => m.Groups[1].Value),
            package => Assert.Contains($"| {package} | ", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_make_verb_in_the_documents_exists()
    {
        string[] targets = [.. MakeTarget.Matches(Repository.Read("Makefile")).Select(m => m.Groups[1].Value)];
        Assert.All(targets, target => Assert.Contains(target, Verbs));
        Assert.All(Verbs.Where(v => v != "drill"), verb => Assert.Contains(verb, targets));

        IEnumerable<string> wrong =
            from file in Documents()
            from code in MarkdownCode.In(Repository.Read(file))
            from match in MakeVerb.Matches(code)
            where !targets.Contains(match.Groups[1].Value)
            select $"{file}: make {match.Groups[1].Value}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_link_between_documents_leads_somewhere()
    {
        IEnumerable<string> wrong =
            from file in Documents()
            let folder = Path.GetDirectoryName(Path.Combine(Repository.Root, file))!
            from match in Link.Matches(Repository.Read(file))
            where !Path.Exists(Path.Combine(folder, match.Groups[1].Value))
            select $"{file}: {match.Groups[1].Value}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_folder_is_a_word_of_the_glossary()
    {
        string[] entries = [.. Entry.Matches(Repository.Read("docs/reference/glossary.md")).Select(m => m.Groups[1].Value)];
        Assert.Equal(entries.Distinct(StringComparer.OrdinalIgnoreCase), entries);
        IEnumerable<string> missing = Repository.FilesEnding(".cs")
            .Select(f => f.Split('/'))
            .Where(parts => parts is ["src", _, _, _, ..])
            .Select(parts => WordBorder.Replace(parts[2], " "))
            .Distinct()
            .Where(folder => !entries.Contains(folder, StringComparer.OrdinalIgnoreCase));
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_domain_folder_says_what_it_is_for()
    {
        List<string> wrong = [];
        foreach (string folder in Repository.FilesEnding(".cs")
            .Where(f => f.Split('/') is ["src", "Beamtime.Control" or "Beamtime.Data" or "Beamtime.Core", _, _, ..])
            .Select(f => string.Join('/', f.Split('/')[..3])).Distinct())
        {
            string readme = $"{folder}/README.md";
            if (!Repository.Files.Contains(readme))
            {
                wrong.Add($"{readme} is missing");
            }
            else if (Repository.Read(readme).TrimEnd().Split('\n').Length is var lines && lines is < 10 or > 30)
            {
                wrong.Add($"{readme} has {lines} lines, not 10 to 30");
            }
        }

        Assert.Empty(wrong);
    }

    private static IEnumerable<string> Documents() => Repository.FilesEnding(".md");

    // Follows nouns down to a verb; what comes after a verb are its arguments.
    private static string? Unknown(string[] words)
    {
        string command = "";
        foreach (string word in words)
        {
            if (!Word.IsMatch(word))
            {
                return null;
            }

            command = command.Length == 0 ? word : $"{command} {word}";
            if (!CommandLine.Commands.Contains(command))
            {
                return command;
            }

            if (!CommandLine.IsNoun(command))
            {
                return null;
            }
        }

        return null;
    }
}
