namespace MuonSharp.Optimizers;

/// <summary>How an orthogonalizer came to its result.</summary>
public enum OrthogonalizationOutcome
{
    /// <summary>By its method.</summary>
    Regular,

    /// <summary>By its method with a larger smallest pole, because a Cholesky pivot was not positive.</summary>
    PoleRaised,

    /// <summary>By the Gram form of Newton-Schulz, because the larger pole did not help either.</summary>
    FallBack,
}
