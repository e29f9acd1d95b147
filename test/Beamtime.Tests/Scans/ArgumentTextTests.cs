using Beamtime.Sdk.Scans;

namespace Beamtime.Tests.Scans;

public sealed class ArgumentTextTests
{
    [Theory]
    [InlineData("[0, 1, -2.5e1]")]
    [InlineData("0,1,-25")]
    [InlineData(" 0 , 1 , -25 ")]
    [InlineData("""["0", 1, "-25"]""")]
    public void A_list_of_numbers_is_JSON_or_typed(string text) => Assert.Equal([0, 1, -25], ArgumentText.Numbers(text));

    [Theory]
    [InlineData("""["samx", "samy"]""")]
    [InlineData("samx, samy")]
    public void A_list_of_names_is_JSON_or_typed(string text) => Assert.Equal(["samx", "samy"], ArgumentText.Names(text));

    [Fact]
    public void No_names_are_an_empty_list()
    {
        Assert.Empty(ArgumentText.Names(""));
        Assert.Empty(ArgumentText.Names("[]"));
    }

    [Theory]
    [InlineData("[[0, 1, 3], [-1, 3, 5]]")]
    [InlineData("0:1:3,-1:3:5")]
    public void Regions_are_JSON_or_typed(string text) => Assert.Equal([new(0, 1, 3), new(-1, 3, 5)], ArgumentText.Regions(text));

    [Theory]
    [InlineData("[[[0, 1, 3], [0, 2, 5]], [[1, 2, 2], [0, 2, 5]]]")]
    [InlineData("0:1:3x0:2:5,1:2:2x0:2:5")]
    public void Pairs_of_regions_are_JSON_or_typed(string text) => Assert.Equal(
        [new(new(0, 1, 3), new(0, 2, 5)), new(new(1, 2, 2), new(0, 2, 5))], ArgumentText.RegionPairs(text));

    [Theory]
    [InlineData("")]
    [InlineData("0,")]
    [InlineData("[0,")]
    [InlineData("[0, NaN]")]
    [InlineData("0,Infinity")]
    [InlineData("[null]")]
    [InlineData("[[0]]")]
    [InlineData("[[[[[[[[0]]]]]]]]")]
    [InlineData("{}")]
    public void What_is_no_list_of_numbers_is_told(string text) => Assert.Throws<FormatException>(() => ArgumentText.Numbers(text));

    [Theory]
    [InlineData("0:1")]
    [InlineData("0:1:0")]
    [InlineData("0:1:2.5")]
    [InlineData("0:1:3000000000")]
    [InlineData("[0, 1, 3]")]
    [InlineData("[[0, 1, 3, 4]]")]
    public void What_is_no_region_is_told(string text) => Assert.Throws<FormatException>(() => ArgumentText.Regions(text));

    [Theory]
    [InlineData("0:1:3")]
    [InlineData("[[[0, 1, 3]]]")]
    public void What_is_no_pair_of_regions_is_told(string text) => Assert.Throws<FormatException>(() => ArgumentText.RegionPairs(text));
}
