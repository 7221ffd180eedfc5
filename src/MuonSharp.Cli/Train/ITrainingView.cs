using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>One way to show a run: to a person at a terminal, to a log file, to a program.</summary>
internal interface ITrainingView
{
    /// <summary>Before the first step: what is about to happen.</summary>
    void Begin(Trainer trainer);

    /// <summary>Something happened.</summary>
    void Show(TrainingEvent happened);

    /// <summary>The user asked to stop; the step in progress is finished first.</summary>
    void Stopping();
}
