namespace Beamtime.Core.Topics;

/// <summary>How a topic fares in this process.</summary>
/// <param name="Topic">Its name.</param>
/// <param name="Published">Messages published.</param>
/// <param name="Lag">Messages that the slowest consumer has not acknowledged.</param>
/// <param name="Capacity">Messages kept; a lag of as many makes publishers wait.</param>
/// <param name="Skipped">Messages that readers which may drop have missed.</param>
/// <param name="Waiting">Publishers that wait for room.</param>
internal sealed record TopicFigures(string Topic, long Published, long Lag, int Capacity, long Skipped, int Waiting);
