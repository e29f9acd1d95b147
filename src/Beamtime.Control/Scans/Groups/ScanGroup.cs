namespace Beamtime.Control.Scans.Groups;

/// <summary>Scans that belong together.</summary>
/// <param name="Id">The group's id.</param>
/// <param name="Name">Its name, which others may have as well.</param>
internal sealed record ScanGroup(Guid Id, string Name);

/// <summary>A group that has scans, as lists tell it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Dataset">The dataset number of its scans.</param>
/// <param name="OpenedAt">When its first scan was admitted, UTC.</param>
/// <param name="Scans">How many scans it has.</param>
internal sealed record ScanGroupSummary(Guid Id, string Name, int Dataset, DateTimeOffset OpenedAt, long Scans);

/// <summary>A group with its scans, the first one first.</summary>
/// <param name="Group">The group.</param>
/// <param name="Scans">Its scans.</param>
internal sealed record ScanGroupAnswer(ScanGroupSummary Group, IReadOnlyList<ScanAnswer> Scans);
