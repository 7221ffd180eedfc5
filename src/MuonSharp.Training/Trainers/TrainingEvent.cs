namespace MuonSharp.Training;

/// <summary>Something that happened in a run, as <see cref="Trainer.RunAsync"/> hands it out.</summary>
/// <param name="Step">Number of steps done when it happened.</param>
public abstract record TrainingEvent(long Step);
