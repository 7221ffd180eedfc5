namespace MuonSharp.Nn;

/// <summary>Where time went: the operations of one name and shape, forward or backward, taken together.</summary>
/// <param name="Name">The operation's <see cref="Operation.Name"/>.</param>
/// <param name="Shape">The operation's <see cref="Operation.Shape"/>.</param>
/// <param name="Backward">Whether it is the backward run.</param>
/// <param name="Calls">Runs that were measured.</param>
/// <param name="Elapsed">Their time.</param>
/// <param name="Work">What they did.</param>
public sealed record OperationTime(string Name, string Shape, bool Backward, long Calls, TimeSpan Elapsed, OperationWork Work);
