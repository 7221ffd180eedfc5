namespace MuonSharp.Training;

/// <summary>The learning rate of a parameter group in a step.</summary>
/// <param name="Group">The group's name: <c>matrices</c>, <c>auxiliary</c>.</param>
/// <param name="Value">The learning rate in force.</param>
public readonly record struct GroupLearningRate(string Group, double Value);
