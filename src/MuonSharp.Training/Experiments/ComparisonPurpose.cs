namespace MuonSharp.Training;

/// <summary>Why a comparison trains.</summary>
public enum ComparisonPurpose
{
    /// <summary>To find the best learning rate: a run of full length.</summary>
    Sweep,

    /// <summary>To find the least budget: a shorter run with a schedule of its own length, at the best learning rate.</summary>
    Budget,
}
