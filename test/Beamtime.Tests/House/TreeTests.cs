using System.Text.RegularExpressions;
using Mono.Cecil;

namespace Beamtime.Tests.House;

/// <summary>Sizes, names and the cleanliness of the tree.</summary>
public sealed partial class TreeTests
{
    private static readonly string[] Banned =
    [
        "Manager", "Managers", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Common", "Impl", "Info",
        "Processor", "Service", "Services",
    ];

    private static readonly string[] Binary = [".png", ".h5", ".ico", ".woff2"];

    [GeneratedRegex("[A-Z]+(?![a-z])|[A-Z][a-z0-9]*")]
    private static partial Regex PascalWord { get; }

    [GeneratedRegex(@"^namespace\s+([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace { get; }

    // A path of one machine, or the address of a package index.
    [GeneratedRegex(@"(?<![\w.}\])~-])/(?:work|root|home/\w+)(?:/|$|(?=[\s""'`),:;]))|https?://[^\s""'<>]*(?:nuget|npmjs|pypi|registry|artifactory)", RegexOptions.Multiline)]
    private static partial Regex Unclean { get; }

    [Fact]
    public void No_source_file_is_longer_than_500_lines()
    {
        IEnumerable<string> wrong =
            from file in Repository.FilesEnding(".cs", ".ts", ".tsx", ".py", ".sh", ".sql")
            let lines = Lines(file)
            where lines > 500
            select $"{file}: {lines}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void The_root_is_small()
    {
        string[] visible =
        [
            .. Repository.Files.Select(f => f.Split('/')[0]).Where(f => !f.StartsWith('.')).Distinct(),
        ];
        Assert.True(visible.Length <= 20, string.Join(", ", visible));
        Assert.True(Lines("README.md") <= 120, "README.md has more than 120 lines");
        Assert.True(Lines(".editorconfig") <= 80, ".editorconfig has more than 80 lines");
    }

    [Fact]
    public void Every_disabled_rule_has_its_reason()
    {
        string[] lines = Repository.Read(".editorconfig").Split('\n');
        List<string> wrong = [];
        for (int i = 0; i < lines.Length; i++)
        {
            int above = i - 1;
            while (above >= 0 && IsDisabled(lines[above]))
            {
                above--;
            }

            if (IsDisabled(lines[i]) && !(above >= 0 && lines[above].StartsWith('#')))
            {
                wrong.Add(lines[i]);
            }
        }

        Assert.Empty(wrong);

        static bool IsDisabled(string line) => line.StartsWith("dotnet_diagnostic.", StringComparison.Ordinal)
            && line.EndsWith("= none", StringComparison.Ordinal);
    }

    [Fact]
    public void No_type_is_named_for_what_it_might_do()
    {
        List<string> wrong = [];
        foreach (string file in Repository.AssemblyFiles)
        {
            using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(file);
            wrong.AddRange(
                from type in assembly.MainModule.GetTypes()
                where type.Namespace.StartsWith("Beamtime", StringComparison.Ordinal) && !type.Name.Contains('<', StringComparison.Ordinal)
                where PascalWord.Matches(type.Name.Split('`')[0]) is [.., var last]
                    && (Banned.Contains(last.Value) || (last.Value == "Base" && !type.IsAbstract))
                select type.FullName);
        }

        wrong.AddRange(Repository.Files
            .Where(f => f.Split('/')[..^1].Any(part => part is "Common" or "Shared" or "Utils" or "Helpers"))
            .Select(f => $"{f}: the folder's name says nothing"));
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_namespace_is_its_folder()
    {
        IEnumerable<string> wrong =
            from file in Repository.FilesEnding(".cs")
            let parts = file.Split('/')
            where parts is ["src" or "plugins" or "test" or "bench", _, _, ..]
            let expected = string.Join('.', parts[1..^1])
            let match = Namespace.Match(Repository.Read(file))
            where match.Success && match.Groups[1].Value != expected
            select $"{file}: {match.Groups[1].Value}, expected {expected}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void No_file_names_a_path_of_one_machine_or_a_package_index()
    {
        IEnumerable<string> wrong =
            from file in Repository.Files
            where !Binary.Contains(Path.GetExtension(file))
            from match in Unclean.Matches(Repository.Read(file))
            select $"{file}: {match.Value}";
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("in /" + "work/main", true)]
    [InlineData("/" + "root/.config", true)]
    [InlineData("'/" + "home/me/x'", true)]
    [InlineData("/api/v2/work/1", false)]
    [InlineData("/work-pools", false)]
    [InlineData("/entry/root", false)]
    [InlineData("~/work/x", false)]
    [InlineData("https://" + "registry.example.org/x", true)]
    [InlineData("https://www.nexusformat.org/", false)]
    public void Unclean_text_is_found(string text, bool isUnclean) => Assert.Equal(isUnclean, Unclean.IsMatch(text));

    private static int Lines(string file) => Repository.Read(file).TrimEnd('\n').Split('\n').Length;
}
