namespace MuonSharp.Training;

/// <summary>The recipe of every optimizer, as data: what a comparison does unless it is told otherwise.</summary>
/// <remarks>
/// AdamW as small GPTs are usually trained with it (nanoGPT): decoupled decay 0.1 on the matrices, gradients clipped to a norm of 1, betas
/// 0.9 and 0.99, one learning rate for everything (1.7555 on <c>nanogpt-cpu</c>, with 0.95 1.7757). Shampoo and SOAP from the rates that the same model wants in PyTorch.
/// </remarks>
public static class OptimizerRecipes
{
    private static readonly Dictionary<string, OptimizerRecipe> s_recipes = new OptimizerRecipe[]
    {
        new()
        {
            Name = "adamw",
            LearningRate = 4e-3,
            OneRate = true,
            Settings =
            [
                new("optimizer.weightDecay", "0.1"),
                new("optimizer.clipNorm", "1"),
                new("optimizer.auxiliary.beta1", "0.9"),
                new("optimizer.auxiliary.beta2", "0.99"),
            ],
        },
        new() { Name = "sgd", LearningRate = 0.1, OneRate = true, Settings = [new("optimizer.clipNorm", "1")] },
        new() { Name = "shampoo", LearningRate = 1.8e-3 },
        new() { Name = "soap", LearningRate = 3e-3 },
    }.ToDictionary(recipe => recipe.Name, StringComparer.Ordinal);

    /// <summary>The recipe of an optimizer; one without a recipe of its own is run as the configuration says.</summary>
    /// <param name="name">The optimizer's name.</param>
    public static OptimizerRecipe Of(string name) => s_recipes.GetValueOrDefault(name) ?? new() { Name = name };
}
