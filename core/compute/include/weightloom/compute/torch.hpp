#pragma once
// What every translation unit needs of LibTorch: tensors. The rest (autograd's functions, modules, <torch/torch.h> with
// its data loaders, optimisers and layers) brings templates that each of them would instantiate again; few include it.

#include <torch/types.h>
#include <torch/version.h>
