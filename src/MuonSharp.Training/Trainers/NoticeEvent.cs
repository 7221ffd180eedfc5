namespace MuonSharp.Training;

/// <summary>Something the user should know: a run that starts over, a damaged checkpoint that was passed over.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Message">One line.</param>
public sealed record NoticeEvent(long Step, string Message) : TrainingEvent(Step);
