using Beamtime.Roles;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Roles;

public sealed class RoleSetTests
{
    [Fact]
    public void Names_are_read_each_once_in_the_order_of_the_roles() =>
        Assert.Equal("api,worker,scan-server", RoleSet.Parse(" scan-server, api ,worker,api").ToString());

    [Fact]
    public void Every_unknown_name_is_refused_with_the_nearest()
    {
        var refused = Assert.Throws<RefusedException>(() => RoleSet.Parse("api,workr,filewriter"));
        Assert.Equal(["role.unknown", "role.unknown"], refused.Reasons.Select(r => r.Code));
        Assert.Contains("worker", refused.Reasons[0].Message, StringComparison.Ordinal);
        Assert.Contains("file-writer", refused.Reasons[1].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    public void No_name_at_all_is_refused(string names) =>
        Assert.Equal("role.unknown", Assert.Throws<RefusedException>(() => RoleSet.Parse(names)).Reasons[0].Code);

    [Theory]
    [InlineData("api", true)]
    [InlineData("api,worker,scheduler", true)]
    [InlineData("scan-server,device-server,bundler,file-writer,api", true)]
    [InlineData("scan-server,device-server,bundler,file-writer", false)]
    [InlineData("api,scan-server", false)]
    [InlineData("bundler", false)]
    public void Those_that_take_scans_are_whole_together_with_the_api(string names, bool isWhole) =>
        Assert.Equal(isWhole, RoleSet.Parse(names).IsWhole);
}
