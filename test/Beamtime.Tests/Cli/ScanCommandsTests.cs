using Beamtime.Cli;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Cli;

public sealed class ScanCommandsTests
{
    [Fact]
    public void Positional_arguments_come_first_and_may_be_negative()
    {
        var request = ScanCommands.RequestOf("line", ["samx", "-5", "5", "--steps", "51", "--exposure=0.01"], []);
        Assert.Equal("line", request.Scan);
        Assert.Equal(["samx", "-5", "5"], request.Args);
        Assert.Equal("51", request.Parameters["steps"]);
        Assert.Equal("0.01", request.Parameters["exposure"]);
    }

    [Fact]
    public void A_flag_needs_no_value_and_dashes_are_underscores()
    {
        var request = ScanCommands.RequestOf("line", ["samx", "-5", "5", "--relative", "--frames-per-trigger", "3"], []);
        Assert.Equal("true", request.Parameters["relative"]);
        Assert.Equal("3", request.Parameters["frames_per_trigger"]);
    }

    [Fact]
    public void A_negative_value_belongs_to_its_parameter()
    {
        var request = ScanCommands.RequestOf("tomo", ["--start", "-90", "--stop=-1=2"], []);
        Assert.Empty(request.Args);
        Assert.Equal("-90", request.Parameters["start"]);
        Assert.Equal("-1=2", request.Parameters["stop"]);
    }

    [Fact]
    public void Metadata_are_key_value_pairs_whose_value_may_hold_anything()
    {
        var request = ScanCommands.RequestOf("line", [], ["title=a = b", "comment="]);
        Assert.Equal("a = b", request.Metadata["title"]);
        Assert.Equal("", request.Metadata["comment"]);
    }

    [Fact]
    public void Every_token_that_cannot_be_read_is_told_at_once()
    {
        var refused = Assert.Throws<RefusedException>(() => ScanCommands.RequestOf(
            "line", ["--steps", "5", "--steps=6"], ["title", "=x", "a=1", "a=2"]));
        Assert.Equal(4, refused.Reasons.Count);
        Assert.All(refused.Reasons, r => Assert.Equal("cli.argument.invalid", r.Code));
    }

    [Fact]
    public void The_command_line_of_the_first_steps_is_read_whole()
    {
        var result = CommandTree.Root().Parse("scan line samx -5 5 --steps 51 --exposure 0.01 --metadata title=t --json");
        Assert.Empty(result.Errors);
        Assert.Equal("scan", result.CommandResult.Command.Name);
        Assert.True(result.GetValue(CommonOptions.Json));
    }
}
