using System.Text;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Settings;

/// <summary>Hostile and broken YAML is refused with its place; good YAML keeps its order and marks.</summary>
public sealed class SafeYamlTests
{
    [Fact]
    public void A_document_keeps_order_marks_tags_and_quotes()
    {
        YamlMap root = (YamlMap)SafeYaml.Parse("b: 1\na:\n  - 'x'\n  - !!str 7\n", "f.yaml");

        Assert.Equal(["b", "a"], root.Entries.Select(e => e.Key));
        Assert.Equal("f.yaml:2:1", root.Find("a")!.Mark.ToString());
        YamlSequence list = (YamlSequence)root["a"]!;
        Assert.False(((YamlScalar)list.Items[0]).IsPlain);
        Assert.Equal("f.yaml:3:5", list.Items[0].Mark.ToString());
        Assert.Equal("tag:yaml.org,2002:str", list.Items[1].Tag);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("# only a comment\n", true)]
    [InlineData("~", true)]
    [InlineData("null", true)]
    [InlineData("'null'", false)]
    [InlineData("\"\"", false)]
    public void Only_an_unquoted_null_is_null(string text, bool isNull) =>
        Assert.Equal(isNull, SafeYaml.Parse(text, "f.yaml").IsNull);

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    public void Twenty_thousand_brackets_are_refused(string open, string close)
    {
        StringBuilder text = new();
        text.Insert(0, open, 20_000).Insert(text.Length, close, 20_000);

        Reason reason = Refusal(text.ToString());
        Assert.Equal("yaml.depth", reason.Code);
        Assert.StartsWith("f.yaml:1:", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sixty_four_levels_are_accepted_and_one_more_is_not()
    {
        Assert.NotNull(SafeYaml.Parse(new string('[', 64) + new string(']', 64), "f.yaml"));
        Assert.Equal("yaml.depth", Refusal(new string('[', 65) + new string(']', 65)).Code);
    }

    [Fact]
    public void Deep_block_nesting_is_refused() =>
        Assert.Equal("yaml.depth", Refusal(string.Concat(Enumerable.Repeat("- ", 5000)) + "x").Code);

    [Fact]
    public void An_alias_bomb_is_refused()
    {
        StringBuilder text = new("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++)
        {
            text.Append(string.Create(null, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        }

        Assert.Equal("yaml.size", Refusal(text.ToString()).Code);
    }

    [Fact]
    public void Aliases_do_not_hide_depth()
    {
        StringBuilder text = new("a0: &a0 [x]\n");
        for (int i = 1; i < 80; i++)
        {
            text.Append(string.Create(null, $"a{i}: &a{i} [*a{i - 1}]\n"));
        }

        Assert.Equal("yaml.depth", Refusal(text.ToString()).Code);
    }

    [Fact]
    public void An_alias_repeats_its_value()
    {
        YamlMap root = (YamlMap)SafeYaml.Parse("a: &x {b: 1}\nc: *x\n", "f.yaml");
        Assert.Same(root["a"], root["c"]);
    }

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3\n", "yaml.key.duplicate", "f.yaml:3:1: the key 'a' was already given in line 1")]
    [InlineData("a: [1, 2\nb: 3\n", "yaml.syntax", "f.yaml:")]
    [InlineData("a: *nothing\n", "yaml.alias", "f.yaml:1:4")]
    [InlineData("a: &self [*self]\n", "yaml.alias", "f.yaml:1:11")]
    [InlineData("? [1, 2]\n: 3\n", "yaml.key.shape", "f.yaml:1:3")]
    [InlineData("a: 1\n---\nb: 2\n", "yaml.documents", "f.yaml:2:1")]
    [InlineData("a:\n\t- 1\n", "yaml.syntax", "f.yaml:1:")]
    public void A_broken_document_is_refused_with_its_place(string text, string code, string message)
    {
        Reason reason = Refusal(text);
        Assert.Equal(code, reason.Code);
        Assert.StartsWith(message, reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused_with_their_place()
    {
        byte[] bytes = [.. "a: 1\nb: é"u8, 0xFF, .. "\n"u8];
        Reason reason = Assert.Single(
            Assert.Throws<RefusedException>(() => SafeYaml.Parse(bytes.AsSpan(), "f.yaml")).Reasons);
        Assert.Equal("yaml.encoding", reason.Code);
        Assert.StartsWith("f.yaml:2:5:", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_not_part_of_the_first_key()
    {
        byte[] bytes = [.. "\uFEFF"u8, .. "a: 1"u8];
        Assert.Equal("a", Assert.IsType<YamlMap>(SafeYaml.Parse(bytes.AsSpan(), "f.yaml")).Entries[0].Key);
    }

    [Fact]
    public void More_than_a_million_entries_are_refused() =>
        Assert.Equal("yaml.size", Refusal("[" + string.Concat(Enumerable.Repeat("1,", 1_000_001)) + "]").Code);

    [Fact]
    public void More_than_sixteen_megabytes_are_refused() =>
        Assert.Equal("yaml.size", Refusal("# " + new string('x', SafeYaml.MaximumBytes)).Code);

    [Fact]
    public void A_missing_file_and_a_folder_are_refused()
    {
        string missing = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "f.yaml");
        Assert.Equal("yaml.file.missing", Assert.Throws<RefusedException>(() => SafeYaml.Read(missing)).Reasons[0].Code);
        Assert.Equal(
            "yaml.file.unreadable", Assert.Throws<RefusedException>(() => SafeYaml.Read(Path.GetTempPath())).Reasons[0].Code);
    }

    private static Reason Refusal(string text) =>
        Assert.Single(Assert.Throws<RefusedException>(() => SafeYaml.Parse(text, "f.yaml")).Reasons);
}
