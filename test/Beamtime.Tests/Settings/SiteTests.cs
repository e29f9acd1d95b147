using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Settings;

/// <summary>A site is found by name beside the program or above the current folder, or by path.</summary>
public sealed class SiteTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sites-").FullName;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_default_is_demo_and_the_variable_and_the_argument_win()
    {
        foreach (string name in (string[])["demo", "one", "two"])
        {
            Make("program/sites", name);
        }

        EnvironmentVariables environment = new(new Dictionary<string, string> { ["BEAMPIPE_SITE"] = "one" });
        Assert.Equal("demo", Find(null).Name);
        Assert.Equal("one", Site.Find(null, environment, Under("program"), _folder).Name);
        Assert.Equal("two", Site.Find("two", environment, Under("program"), _folder).Name);
    }

    [Fact]
    public void The_folder_beside_the_program_wins_over_those_above_the_current_one()
    {
        string beside = Make("program/sites", "demo");
        Make("sites", "demo");
        string above = Make("sites", "ours");
        Directory.CreateDirectory(Under("deep/er"));

        Assert.Equal(beside, Site.Find("demo", EnvironmentVariables.None, Under("program"), Under("deep/er")).Folder);
        Assert.Equal(above, Site.Find("ours", EnvironmentVariables.None, Under("program"), Under("deep/er")).Folder);
    }

    [Fact]
    public void A_path_names_a_folder_or_its_settings_file()
    {
        string folder = Make("elsewhere", "mine");
        Assert.Equal(new Site("mine", folder), Find(folder));
        Assert.Equal(new Site("mine", folder), Find("./elsewhere/mine/"));
        Assert.Equal(new Site("mine", folder), Find("elsewhere/mine/beamtime.yaml"));
        Assert.Equal(Path.Combine(folder, "devices.yaml"), Find(folder).DevicesFile);
    }

    [Fact]
    public void An_unknown_site_is_refused_with_the_known_ones()
    {
        Make("program/sites", "demo");
        Make("program/sites", "2-bm");
        Reason reason = Assert.Single(Assert.Throws<RefusedException>(() => Find("dmeo")).Reasons);
        Assert.Equal("site.unknown", reason.Code);
        Assert.Equal("unknown site 'dmeo', known are 2-bm, demo; did you mean 'demo'?", reason.Message);
        Assert.Equal("site.unknown", Assert.Throws<RefusedException>(() => Find("./program")).Reasons[0].Code);
    }

    private Site Find(string? name) => Site.Find(name, EnvironmentVariables.None, Under("program"), _folder);

    private string Under(string path) => Path.Combine(_folder, path);

    private string Make(string parent, string name)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, parent, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "beamtime.yaml"), "");
        return folder;
    }
}
