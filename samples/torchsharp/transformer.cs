#:project ../../src/MuonSharp.TorchSharp/MuonSharp.TorchSharp.csproj
#:package libtorch-cpu-linux-x64
#:property PublishAot=false
#:property RuntimeIdentifier=linux-x64

// nanoGPT's setting for a processor, AdamW and Muon side by side: dotnet run samples/torchsharp/transformer.cs -- TEXT [steps] [Muon's rate] [seed]
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using static TorchSharp.torch.optim.lr_scheduler;
using Muon = MuonSharp.TorchSharp.Muon;

const int Context = 64, Batch = 12, WarmUp = 100;
string text = File.ReadAllText(args[0]);
int steps = args.Length > 1 ? int.Parse(args[1]) : 200;
char[] letters = [.. text.Distinct().Order()];
Tensor tokens = tensor([.. text.Select(letter => (long)Array.BinarySearch(letters, letter))]);
(int cut, long seed) = ((int)(0.9 * text.Length), args.Length > 3 ? long.Parse(args[3]) : 1);
(Transformer byAdamW, Transformer byMuon) = (new(seed, letters.Length, Context, width: 128, layers: 4), new(seed, letters.Length, Context, width: 128, layers: 4));
AdamW adamw = optim.AdamW(byAdamW.parameters(), lr: 1e-3, beta1: 0.9, beta2: 0.99, weight_decay: 0.1);
Muon muon = Muon.Routed(byMuon, learningRate: args.Length > 2 ? double.Parse(args[2]) : 0.01, auxiliaryLearningRate: 1e-3, print: Console.Out);
LRScheduler[] schedules = [LambdaLR(adamw, Factor), LambdaLR(muon, Factor)];
for (int step = 1; step <= steps; step++)
{
    using DisposeScope scope = NewDisposeScope();
    (Tensor x, Tensor y) = Sample(0, cut, Batch);
    (float first, float second) = (Train(byAdamW, adamw, schedules[0], x, y), Train(byMuon, muon, schedules[1], x, y));
    if (step % 50 == 0 || step == 1) Console.WriteLine($"step {step}: AdamW {first:F3}, Muon {second:F3}");
}

using IDisposable quiet = no_grad();
(Tensor inputs, Tensor targets) = Sample(cut, text.Length, 1000);
Console.WriteLine($"held-out loss: AdamW {byAdamW.Loss(inputs, targets).item<float>():F4}, Muon {byMuon.Loss(inputs, targets).item<float>():F4}");

double Factor(int step) => step < WarmUp ? (step + 1.0) / WarmUp : 0.55 + (0.45 * Math.Cos(Math.PI * Math.Min(1, (step - WarmUp) / (double)(steps - WarmUp))));

(Tensor, Tensor) Sample(int start, int end, int count)
{
    Tensor places = randint(start, end - Context - 1, [count, 1]) + arange(Context);
    return (tokens[places], tokens[places + 1]);
}

static float Train(Transformer model, optim.Optimizer optimizer, LRScheduler schedule, Tensor x, Tensor y)
{
    optimizer.zero_grad();
    Tensor loss = model.Loss(x, y);
    loss.backward();
    optimizer.step();
    schedule.step();
    return loss.item<float>();
}

internal sealed class Transformer : Module<Tensor, Tensor>
{
    private readonly ModuleList<Module<Tensor, Tensor>> layers = [];

    public Transformer(long seed, int vocabulary, int context, int width, int layers) : base(nameof(Transformer))
    {
        (int, int)[] sizes = [(width, width), (width, width), (width, width), (width, width), (width, 4 * width), (4 * width, width)];
        foreach (int count in new[] { vocabulary, context }) this.layers.Add(Embedding(count, width));
        for (int i = 0; i < layers; i++) foreach ((int from, int to) in sizes) this.layers.Add(Linear(from, to, hasBias: false));
        this.layers.Add(Linear(width, vocabulary, hasBias: false));
        RegisterComponents();
        manual_seed(seed);
        foreach ((int i, Parameter weight) in parameters().Index()) init.normal_(weight, 0, i > 1 && i % 6 is 1 or 5 ? 0.02 / Math.Sqrt(2 * layers) : 0.02);
    }

    public override Tensor forward(Tensor x) => layers.Skip(2).SkipLast(1).Chunk(6).Aggregate(layers[0].call(x) + layers[1].call(arange(x.shape[1])), (h, block) =>
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor normed = functional.layer_norm(h, [h.shape[^1]]);
        Tensor[] qkv = [.. block.Take(3).Select(layer => layer.call(normed).unflatten(2, [4, -1]).transpose(1, 2))];
        h = h + block[3].call(functional.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], is_casual: true).transpose(1, 2).flatten(2));
        return (h + block[5].call(functional.gelu(block[4].call(functional.layer_norm(h, [h.shape[^1]]))))).MoveToOuterDisposeScope();
    });

    public Tensor Loss(Tensor x, Tensor y) => functional.cross_entropy(layers[^1].call(functional.layer_norm(call(x), [128])).flatten(0, 1), y.flatten());
}
