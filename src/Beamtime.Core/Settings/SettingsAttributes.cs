namespace Beamtime.Core.Settings;

/// <summary>Marks the options class of one domain and names its section, the folder's name in snake case.</summary>
/// <param name="name">The section's name.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SettingsSectionAttribute(string name) : Attribute
{
    /// <summary>The section's name.</summary>
    public string Name { get; } = name;
}

/// <summary>Marks a setting whose value is never printed and never taken from the command line.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;

/// <summary>The unit of a number; durations need none, they are written with theirs.</summary>
/// <param name="symbol">The unit's symbol: <c>mm</c>, <c>keV</c>, <c>bytes</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class UnitAttribute(string symbol) : Attribute
{
    /// <summary>The unit's symbol.</summary>
    public string Symbol { get; } = symbol;
}

/// <summary>A further environment variable of a fixed name that sets this property, such as <c>DATABASE_URL</c>.</summary>
/// <param name="name">The variable's whole name.</param>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
internal sealed class EnvironmentVariableAttribute(string name) : Attribute
{
    /// <summary>The variable's whole name.</summary>
    public string Name { get; } = name;
}
