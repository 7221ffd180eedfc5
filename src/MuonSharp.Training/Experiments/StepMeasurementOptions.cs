namespace MuonSharp.Training;

/// <summary>How the steps of several optimizers are timed side by side.</summary>
public sealed record StepMeasurementOptions
{
    /// <summary>Most rounds; in each one every optimizer has its turn. Odd, so that there is a middle one.</summary>
    public int Rounds { get; init; } = 7;

    /// <summary>Timed steps of a turn: a multiple of ten, so that every turn of SOAP and Shampoo holds as many renewals of their preconditioners.</summary>
    public int Steps { get; init; } = 20;

    /// <summary>Steps of every optimizer before the first round.</summary>
    public int WarmUp { get; init; } = 20;

    /// <summary>No round starts after this time, but for the first three.</summary>
    public TimeSpan Enough { get; init; } = TimeSpan.FromMinutes(1);
}
