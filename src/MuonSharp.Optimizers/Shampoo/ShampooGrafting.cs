namespace MuonSharp.Optimizers;

/// <summary>Where the length of Shampoo's update comes from.</summary>
public enum ShampooGrafting
{
    /// <summary>From Adam's update of the same block, which is also the update until the first inverse roots exist.</summary>
    Adam,

    /// <summary>From the preconditioned gradient itself; until the first inverse roots exist only the decay acts.</summary>
    None,
}
