namespace MuonSharp.Training;

/// <summary>Text was sampled from the model.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Prompt">The text that the sample continues; may be empty.</param>
/// <param name="Text">The continuation.</param>
public sealed record SampleEvent(long Step, string Prompt, string Text) : TrainingEvent(Step);
