namespace MuonSharp.Training;

/// <summary>Something that happened in a comparison.</summary>
public abstract record ComparisonEvent;
