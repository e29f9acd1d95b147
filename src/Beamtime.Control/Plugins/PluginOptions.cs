using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Plugins;

/// <summary>Settings of plugins.</summary>
[SettingsSection("plugins")]
internal sealed class PluginOptions
{
    /// <summary>A further folder of plugins.</summary>
    [Description("Folder with the site's own plugins, one sub-folder a plugin, beside those that come with the program; relative to the site.")]
    [MinLength(1)]
    public string Folder { get; init; } = "plugins";

    /// <summary>How often the folders are looked at.</summary>
    [Description("How often the folders of plugins are looked at; a plugin that changed is read anew at the second look that agrees. 0 for only when asked.")]
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(2);
}
