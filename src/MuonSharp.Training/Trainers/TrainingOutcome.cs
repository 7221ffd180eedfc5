namespace MuonSharp.Training;

/// <summary>How a run ended.</summary>
public enum TrainingOutcome
{
    /// <summary>All steps were done.</summary>
    Finished,

    /// <summary>All steps had been done before; nothing was left to do.</summary>
    AlreadyFinished,

    /// <summary>The caller asked to stop; the step was finished and a checkpoint written.</summary>
    Cancelled,
}
